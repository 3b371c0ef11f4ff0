using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// The chats' side of history as one life of a node sees it: the store in memory, whose rows reach the disk one by
/// one with time between them, the head of a commit last; reads and writes are late or fail for a moment, writes also
/// after they had their effect. Of what was not flushed a crash takes the end. Now and then a commit is written a
/// second time, much later, as by a worker that was replaced while it hung.
/// </summary>
/// <param name="disk">What outlives this store.</param>
/// <param name="faults">What goes wrong.</param>
/// <param name="isSynced">Whether every write is durable when it returns, as in a cluster of stores.</param>
/// <param name="node">The process that the store is called from.</param>
/// <param name="elsewhere">Where late repetitions come from: a process that no crash of this node touches.</param>
/// <param name="plant">The planted fault.</param>
internal sealed class SimulatedHistoryStore(
    SimulatedDisk<HistoryImage> disk,
    Faults faults,
    bool isSynced,
    SimulatedProcess node,
    SimulatedProcess elsewhere,
    Plant plant) : IHistoryStore
{
    private const int LateMillisecondsMax = 3_000;

    /// <summary>Only where that is planted: what was found first, whoever asks.</summary>
    private readonly Dictionary<(ChatId, UserId, ClientId), KeyUse?> _keys = [];

    public string Epoch => disk.Image.Epoch;

    public async ValueTask<ChatState?> ReadHeadAsync(ChatId chat, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        var head = await disk.Image.Store.ReadHeadAsync(chat, cancellationToken);
        return plant == Plant.DeletedChatListed
            && head is { IsDeleted: true }
            && await disk.Image.Deletions.ReadAsync(chat, cancellationToken) is { FinishedMs: > 0 }
                ? head with { SettingsSeq = 1 }
                : head;
    }

    public async ValueTask<KeyUse?> ReadKeyAsync(
        ChatId chat, UserId sender, ClientId clientId, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        if (plant == Plant.KeyLookupOff) return null;
        if (plant == Plant.FormerOwnersKeys && _keys.TryGetValue((chat, sender, clientId), out var former))
            return former;
        var found = await disk.Image.Store.ReadKeyAsync(chat, sender, clientId, cancellationToken);
        _keys[(chat, sender, clientId)] = found;
        return found;
    }

    public async ValueTask WriteAsync(IReadOnlyList<HistoryCommit> commits, CancellationToken cancellationToken)
    {
        if (faults.Strike(oneIn: 40))
            throw new HistoryUnavailableException("History is away for a moment.");
        if (plant == Plant.OffsetBeforeHead)
        {
            node.Start(() => WriteAllAsync(commits));
            return;
        }

        await WriteAllAsync(commits);
        if (faults.Strike(oneIn: 40))
            throw new HistoryUnavailableException("The answer was lost.");
    }

    public async ValueTask FlushAsync(IReadOnlyDictionary<int, Position> passed, CancellationToken cancellationToken)
    {
        await faults.PauseAsync(millisecondsMax: 20);
        if (plant != Plant.OffsetOutlivesRows)
            disk.Sync();
    }

    public async ValueTask<EventsRead> ReadEventsAsync(
        ChatId chat, EventRange range, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        var read = await disk.Image.Store.ReadEventsAsync(chat, range, cancellationToken);
        return plant == Plant.ReactionsOverlooked && range.From == range.To
            ? read with { Entries = [.. read.Entries.Select(static entry => entry with { Reactions = [] })] }
            : read;
    }

    public async ValueTask<IReadOnlyList<MemberStay>> ReadStaysAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        return await disk.Image.Store.ReadStaysAsync(chat, user, cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task WriteAllAsync(IReadOnlyList<HistoryCommit> commits)
    {
        foreach (var commit in commits)
        {
            // Only where what came before is durable: a hung worker writes on top of what it was told is there.
            if (isSynced && faults.Strike(oneIn: 25))
                elsewhere.Start(() => RepeatLateAsync(commit));
            await WriteAsync(commit);
        }
    }

    private async Task WriteAsync(HistoryCommit commit)
    {
        var rosterChanged = commit.RosterChanged
            && !(plant == Plant.RosterNotWritten && commit.Head.Seq > commit.Rows.Count);
        if (plant == Plant.HeadFirst)
            Write(image => image.WriteHead(commit.Head, rosterChanged));
        foreach (var row in commit.Rows)
        {
            var written = Spoil(row, commit);
            Write(image => image.Write(commit.Head.Chat, written));
            if (faults.Strike(oneIn: 6))
                await faults.PauseAsync(millisecondsMax: 10);
        }

        Write(image => image.WriteHead(commit.Head, rosterChanged));
    }

    private void Write(Action<HistoryImage> write)
    {
        disk.Write(write);
        if (isSynced)
            disk.Sync();
    }

    private HistoryRow Spoil(HistoryRow row, HistoryCommit commit) => plant switch
    {
        _ when row is UserChatReadRow => row,
        Plant.StampPerCommit => row with { Stamp = commit.Head.Stamp },
        Plant.StampsIgnored => row with { Stamp = (long.MaxValue / 2) + disk.Writes },
        Plant.UnreadCountsTwice when row is UserChatHeadRow head && faults.Upto(5) == 0 =>
            head with { HeadN = head.HeadN + 1 },
        Plant.StayLeftOpen when row is StayRow { ToSeq: not null } stay => stay with { ToSeq = null },
        _ => row,
    };

    private async Task RepeatLateAsync(HistoryCommit commit)
    {
        await faults.PauseAsync(LateMillisecondsMax);
        await WriteAsync(commit);
    }
}
