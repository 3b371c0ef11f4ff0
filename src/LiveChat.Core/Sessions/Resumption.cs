using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Log;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>
/// How one session gets whole after its connect. At the handshake the chats that changed since are read from history,
/// which may be behind the log. After the session is registered a barrier is taken: what was appended before is in
/// history then, what comes later is delivered; so the heads are read once more and the differences said. Until that
/// is done the session keeps the position that it came with, and a full sync waits.
/// </summary>
internal sealed class Resumption
{
    public const string Recovered = "recovered";
    public const string Partial = "partial";
    public const string Fresh = "fresh";

    /// <summary>How often it is looked whether a partition goes on that was left out.</summary>
    private static readonly TimeSpan MakeUpEvery = TimeSpan.FromSeconds(10);

    private readonly SessionServices _services;
    private readonly UserId _user;
    private readonly IReadOnlyList<ChangedChat>? _behind;
    private readonly TaskCompletionSource<bool> _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Resumption(SessionServices services, UserId user, Since cameWith, IReadOnlyList<ChangedChat>? behind)
    {
        _services = services;
        _user = user;
        _behind = behind;
        CameWith = cameWith;
    }

    /// <summary>Where the device was; nothing for a fresh one.</summary>
    public Since CameWith { get; }

    /// <summary>Null when what changed cannot be named: a full sync is due.</summary>
    public string Verdict => _behind switch
    {
        null => Fresh,
        { Count: 0 } => Recovered,
        _ => Partial,
    };

    /// <summary>The chats that changed, with <see cref="Partial"/>.</summary>
    public IReadOnlyList<BehindChat>? Behind => _behind is { Count: > 0 }
        ? [.. _behind.Select(static chat => new BehindChat(chat.Chat.ToString(), chat.HeadSeq))]
        : null;

    /// <summary>The position to resume from that stands behind everything that was posted so far.</summary>
    public Since Current => IsSettled ? _services.HandedSince().HeldBack(LeftOut, CameWith) : CameWith;

    /// <summary>
    /// Partitions in which history has stopped: the barrier left them out, so the session may not have been told of
    /// everything before it. They stay where the session came with, see <see cref="MakeUpAsync"/>.
    /// </summary>
    public IReadOnlyCollection<int> LeftOut { get; private set; } = [];

    private bool IsSettled { get; set; }

    /// <summary>Waits until nothing from before the registration is unsaid, and gives the partitions that were left
    /// out; null when that takes too long.</summary>
    public async ValueTask<IReadOnlyCollection<int>?> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (IsSettled) return LeftOut;
        try
        {
            var isSettled = await _settled.Task.InContextAsync().WaitAsync(timeout, _services.Time, cancellationToken);
            return isSettled ? LeftOut : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    public static async Task<Resumption> BeginAsync(
        SessionServices services, UserId user, string? text, CancellationToken cancellationToken)
    {
        var now = services.Time.GetUtcNow();
        var newest = now.ToUnixTimeMilliseconds();
        var oldest = now.AddDays(-services.Options.ResumeDays).ToUnixTimeMilliseconds();

        // One from the future was made under a clock that was wrong: what came under the right one has lower times.
        if (!services.Seal.TryRead(text, out var since)
            || since.TimeMs < oldest
            || since.TimeMs > newest
            || !await services.Lineage.MayResumeAsync(since, services.EndAllForRenewal, cancellationToken))
            return new Resumption(services, user, Since.Nothing, null);
        var behind = await ReadChangedAsync(services, user, since, cancellationToken);

        // From here on the device has heard of this start, and says so the next time.
        var cameWith = behind is null ? Since.Nothing : since with { Start = services.Lineage.Id };
        return new Resumption(services, user, cameWith, behind);
    }

    /// <summary>Takes the barrier and says the differences; false when the session ends before.</summary>
    public async Task<bool> SettleAsync(Outbox outbox, CancellationToken cancellationToken)
    {
        try
        {
            LeftOut = await PassBarrierAsync(cancellationToken);
            IsSettled = _behind is null
                || await SayDifferencesAsync(outbox, _behind, static _ => true, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The session ended.
        }
        catch (HistoryUnavailableException)
        {
            outbox.Close(CloseCode.InternalError);
        }
        finally
        {
            _settled.TrySetResult(IsSettled);
        }

        return IsSettled;
    }

    /// <summary>
    /// Waits for partitions that were left out and go on: once history has passed what was in them, their chats are
    /// read again and the differences said. Ends when none is left out any more, or with the session.
    /// </summary>
    public async Task MakeUpAsync(Outbox outbox, CancellationToken cancellationToken)
    {
        try
        {
            while (LeftOut.Count > 0)
            {
                await Task.Delay(MakeUpEvery, _services.Time, cancellationToken);
                if (LeftOut.All(_services.HasHistoryStopped)) continue;
                var leftOut = await PassBarrierAsync(cancellationToken);
                int[] passed = [.. LeftOut.Except(leftOut)];
                if (!await SayWhatPassedAsync(outbox, passed, cancellationToken)) return;
                LeftOut = [.. LeftOut.Intersect(leftOut)];
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The session ended.
        }
        catch (HistoryUnavailableException)
        {
            outbox.Close(CloseCode.InternalError);
        }
    }

    /// <summary>False when the session must begin afresh: what its list lacked cannot be named.</summary>
    private async Task<bool> SayWhatPassedAsync(Outbox outbox, int[] passed, CancellationToken cancellationToken)
    {
        if (passed.Length == 0) return true;
        if (_behind is not null)
            return await SayDifferencesAsync(
                outbox,
                _behind,
                chat => passed.Contains(Partitioner.PartitionOf(chat, _services.Partitions)),
                cancellationToken);
        outbox.Close(CloseCode.StateInvalidated);
        return false;
    }

    /// <summary>A barrier gives up after a while; history may take longer, and the session lives as long as it likes.
    /// </summary>
    private async Task<IReadOnlyCollection<int>> PassBarrierAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await _services.Barrier.LeftOutAsync(cancellationToken) is { } leftOut) return leftOut;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static ValueTask<IReadOnlyList<ChangedChat>?> ReadChangedAsync(
        SessionServices services, UserId user, Since since, CancellationToken cancellationToken) =>
        services.History.Lists.ReadChangedSinceAsync(
            user,
            since.LowestMs,
            chat => since.TimeOf(chat, services.Partitions),
            services.Options.BehindMax,
            cancellationToken);

    private async Task<bool> SayDifferencesAsync(
        Outbox outbox, IReadOnlyList<ChangedChat> said, Func<ChatId, bool> isMeant, CancellationToken cancellationToken)
    {
        var now = await ReadChangedAsync(_services, _user, CameWith, cancellationToken);
        if (now is null)
        {
            outbox.Close(CloseCode.StateInvalidated);
            return false;
        }

        var before = said.ToDictionary(static chat => chat.Chat);
        foreach (var chat in now.Where(chat => isMeant(chat.Chat)))
        {
            var former = before.GetValueOrDefault(chat.Chat);
            if (chat.HeadSeq > former.HeadSeq) outbox.PostHead(chat.Chat, chat.HeadSeq, chat.HeadN);
            if (chat.ReadSeq > former.ReadSeq) outbox.PostOwnMark(chat.Chat, ReceiptOf(chat));
            if (chat.Settings is { } settings && settings != former.Settings)
                await new OwnSettings(_services, _user).TellAsync(outbox, settings, cancellationToken);
        }

        return true;
    }

    /// <summary>How far another device of the user has read.</summary>
    private Receipt ReceiptOf(ChangedChat chat) =>
        new() { User = _user.Value, Read = chat.ReadSeq, ReadN = chat.ReadN };
}
