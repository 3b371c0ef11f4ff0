using System.Globalization;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Workers;

/// <summary>
/// A history store that writes one row after the other and can be torn between any two, be away, or make its readers
/// wait. Cells obey the greatest stamp; a cell that is written with two values at one stamp is an error. Keeps what
/// the workers read (heads, events, keys) and the text of every other row. Any thread.
/// </summary>
internal sealed class PlainStore : IHistoryStore
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (long Stamp, string Text)> _cells = new(StringComparer.Ordinal);
    private readonly Dictionary<ChatId, ChatState> _heads = [];
    private readonly Dictionary<(ChatId, long), StoredEvent> _events = [];
    private readonly Dictionary<(ChatId, long), long> _deleted = [];
    private readonly Dictionary<(ChatId, CommandKey), KeyUse> _keys = [];
    private TaskCompletionSource? _gate;
    private TaskCompletionSource? _writes;

    /// <summary>How many cells are written before the process dies; negative for never.</summary>
    public int TornAfter { get; set; } = -1;

    /// <summary>Reads and writes fail as if the store could not be reached.</summary>
    public bool IsAway { get; set; }

    public int Flushes { get; private set; }

    public int FlushesRefused { get; private set; }

    /// <summary>Writes that have begun and do not end, whatever is cancelled.</summary>
    public int WritesHanging { get; private set; }

    /// <summary>Reads of one key.</summary>
    public int KeyReads { get; private set; }

    public int Reads { get; private set; }

    public string Epoch => "plain";

    /// <summary>Every cell with its stamp, one a line.</summary>
    public string Dump()
    {
        lock (_lock)
            return string.Join('\n', _cells.Select(c => $"{c.Key} @{c.Value.Stamp} {c.Value.Text}"));
    }

    public int Cells
    {
        get
        {
            lock (_lock)
                return _cells.Count;
        }
    }

    /// <summary>Lets every read wait until <see cref="Open"/>.</summary>
    public void Close() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => Interlocked.Exchange(ref _gate, null)?.SetResult();

    /// <summary>Lets writes hang until <see cref="ReleaseWrites"/>.</summary>
    public void HangWrites() => _writes = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void ReleaseWrites() => Interlocked.Exchange(ref _writes, null)?.SetResult();

    public async ValueTask<ChatState?> ReadHeadAsync(ChatId chat, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        lock (_lock)
            return _heads.GetValueOrDefault(chat);
    }

    public async ValueTask<KeyUse?> ReadKeyAsync(
        ChatId chat, UserId sender, ClientId clientId, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        KeyReads++;
        lock (_lock)
            return _keys.TryGetValue((chat, new CommandKey(sender, clientId)), out var use) ? use : null;
    }

    public async ValueTask WriteAsync(IReadOnlyList<HistoryCommit> commits, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        if (_writes is { } hang)
        {
            WritesHanging++;
            await hang.Task;
        }

        lock (_lock)
        {
            foreach (var commit in commits)
            {
                foreach (var row in commit.Rows)
                    Write(commit.Head.Chat, row);
                WriteHead(commit.Head);
            }
        }
    }

    public ValueTask FlushAsync(IReadOnlyDictionary<int, Position> passed, CancellationToken cancellationToken)
    {
        if (IsAway) FlushesRefused++;
        ThrowIfAway();
        Flushes++;
        return ValueTask.CompletedTask;
    }

    public async ValueTask<EventsRead> ReadEventsAsync(
        ChatId chat, EventRange range, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        lock (_lock)
            return new EventsRead(
            [
                .. Enumerable.Range((int)range.From, (int)(range.To - range.From + 1))
                    .Where(seq => _events.ContainsKey((chat, seq)))
                    .Select(seq => new HistoryEntry(
                        _events[(chat, seq)],
                        null,
                        _deleted.TryGetValue((chat, seq), out var deleted) ? deleted : null,
                        null,
                        [])),
            ],
            default,
            IsCut: false);
    }

    public ValueTask<IReadOnlyList<MemberStay>> ReadStaysAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task EnterAsync(CancellationToken cancellationToken)
    {
        if (_gate is { } gate)
            await gate.Task.WaitAsync(cancellationToken);
        ThrowIfAway();
        lock (_lock)
            Reads++;
    }

    private void ThrowIfAway()
    {
        if (IsAway)
            throw new HistoryUnavailableException("away");
    }

    private void Write(ChatId chat, HistoryRow row)
    {
        switch (row)
        {
            case EventRow { Event: var stored }:
                Put($"{chat} event {stored.Seq:D6}", row.Stamp, stored.ToString());
                _events[(chat, (long)stored.Seq)] = stored;
                break;
            case ErasureRow erasure:
                Put($"{chat} erasure {erasure.DeletedSeq:D6}", row.Stamp, erasure.ToString());
                _deleted[(chat, erasure.Target)] = erasure.DeletedSeq;
                break;
            case KeyRow key:
                Put($"{chat} key {key.Sender} {key.ClientId}", row.Stamp, key.Use.ToString());
                _keys[(chat, new CommandKey(key.Sender, key.ClientId))] = key.Use;
                break;
            default:
                Put($"{chat} row {row.Stamp:D20} {row}", row.Stamp, "");
                break;
        }
    }

    private void WriteHead(ChatState head)
    {
        var roster = string.Join(',', head.Roster.Members.ToArray());
        if (Put($"{head.Chat} head", head.Stamp, head with { Roster = Roster.Empty } + roster))
            _heads[head.Chat] = head;
    }

    private bool Put(string cell, long stamp, string text)
    {
        if (TornAfter == 0)
            throw new InvalidOperationException("torn");
        TornAfter--;
        if (_cells.TryGetValue(cell, out var old))
        {
            if (old.Stamp > stamp)
                return false;
            if (old.Stamp == stamp && old.Text != text)
                throw new InvalidOperationException(string.Create(
                    CultureInfo.InvariantCulture, $"Two values at one stamp: {cell} @{stamp}: {old.Text} | {text}"));
        }

        _cells[cell] = (stamp, text);
        return true;
    }
}
