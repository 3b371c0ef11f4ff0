using LiveChat.Core.History.Reading;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>
/// A part of a full sync. The lists are read behind a barrier, so that they hold everything up to the position which
/// was taken before it and which the last part names: the cursor carries it along. With a session the barrier is the
/// session's, and what comes later is delivered; without one it is named by the next resume.
/// </summary>
internal static class FullSync
{
    public static async ValueTask<ServerFrame> AnswerAsync(
        SessionServices services,
        UserId user,
        SyncGet command,
        Func<CancellationToken, Task<IReadOnlyCollection<int>?>> passBarrier,
        CancellationToken cancellationToken)
    {
        var askedAt = services.Time.GetTimestamp();
        var answer = await ReadAsync(services, user, command, passBarrier, cancellationToken);
        services.Measures.NoteSync(askedAt);
        return answer;
    }

    private static async ValueTask<ServerFrame> ReadAsync(
        SessionServices services,
        UserId user,
        SyncGet command,
        Func<CancellationToken, Task<IReadOnlyCollection<int>?>> passBarrier,
        CancellationToken cancellationToken)
    {
        if (services.Rates.TakeRead(user) is { } tooMuch) return new ErrorFrame { Problem = tooMuch };
        var (since, after) = (services.HandedSince(), default(ChatId));
        if (command.Cursor is { } cursor)
        {
            // Nothing, before every partition was handed over once: no position to resume from, but one to go on with.
            var parts = cursor.Split('.');
            var isPosition = services.Seal.TryRead(parts[0], out since);
            if (parts.Length != 2 || !isPosition || !ChatId.TryParse(parts[1], out after))
                return new ErrorFrame { Problem = Problems.Invalid("/cursor", "unknown") };
        }
        else if (await passBarrier(cancellationToken) is { } leftOut)
        {
            since = since.HeldBack(leftOut, Since.Nothing);
        }
        else
        {
            return new ErrorFrame { Problem = Problems.Of(ErrorCode.Unavailable, "History is behind.") };
        }

        if (!await services.Answered.WaitAsync(user, HistoryReader.CatchUpTimeout, cancellationToken))
            return new ErrorFrame { Problem = Problems.Of(ErrorCode.Unavailable, "History is behind.") };
        var (items, next) = await services.History.Lists.ReadAllAsync(
            user, after, Limits.PageItemsMax, cancellationToken);
        return new Sync
        {
            Items = items,
            Next = next is { } chat ? $"{services.Seal.Write(since)}.{chat}" : null,
            Since = next is null ? services.Seal.Write(since) : null,
            Epoch = services.History.Epoch,
        };
    }
}
