using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>
/// A sync without a session: nothing is delivered meanwhile, so the position that it ends with is the one from before
/// its first page, which the cursor carries along. Behind a barrier the lists hold everything up to it.
/// </summary>
internal static class PolledSync
{
    public static async Task<ServerFrame> AnswerAsync(
        SessionServices services, UserId user, SyncGet command, CancellationToken cancellationToken)
    {
        var (since, after) = (services.HandedSince(), default(ChatId));
        if (command.Cursor is { } cursor)
        {
            var parts = cursor.Split('.');
            if (parts.Length != 2 || !Since.TryParse(parts[0], out since) || !ChatId.TryParse(parts[1], out after))
                return new ErrorFrame { Problem = Problems.Invalid("/cursor", "unknown") };
        }
        else if (!await services.Barrier.PassAsync(cancellationToken))
        {
            return new ErrorFrame { Problem = Problems.Of(ErrorCode.Unavailable, "History is behind.") };
        }

        var (items, next) = await services.History.Lists.ReadAllAsync(
            user, after, Limits.PageItemsMax, cancellationToken);
        return new Sync
        {
            Items = items,
            Next = next is { } chat ? $"{since}.{chat}" : null,
            Since = next is null ? since.ToString() : null,
            Epoch = services.History.Epoch,
        };
    }
}
