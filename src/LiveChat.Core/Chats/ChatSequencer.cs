using LiveChat.Core.Log;

namespace LiveChat.Core.Chats;

/// <summary>
/// One chat in the memory of one worker: its state, and the keys of its events above a bound K. Decides nothing by
/// itself (<see cref="IRules"/> does) and reads nothing: <see cref="NeedsLookup"/> says when the worker must.
/// <para>
/// Every key that was accepted at or below a position has a time of at most T there plus a minute; of those that were
/// forgotten here the newest time is known. So a key that is not in memory and whose time is above both is new, without
/// a look; only others need one read of <c>client_keys</c>, of which only rows at or below K count (rows above may be
/// of a torn commit, or of a history that is ahead; the events above K are in memory).
/// </para>
/// Called by the loop of its partition only, except <see cref="State"/>, which any thread may read.
/// </summary>
internal sealed class ChatSequencer
{
    /// <summary>How long a key stays in memory, by the log's time, after history has it: longer than the minute
    /// that a key may be ahead or behind in a live chat, so that a live chat reads nothing.</summary>
    public const long KeyKeptMs = 120_000;

    private readonly Dictionary<CommandKey, KeyUse> _keys = [];
    private readonly Queue<(CommandKey Key, Position Position, long TimeMs)> _order = [];

    /// <summary>The targets of the deletions above K: made at the first one.</summary>
    private Dictionary<long, Position>? _erased;

    private ChatState? _state;
    private Position _bound;
    private long _boundSeq;

    /// <summary>No key at or below K has a later time.</summary>
    private long _newestKeyMs;

    /// <param name="loaded">The chat's head in history; null when history does not know the chat.</param>
    public ChatSequencer(ChatState? loaded)
    {
        _state = loaded;
        _bound = loaded?.Position ?? Position.None;
        _boundSeq = loaded?.Seq ?? 0;
        _newestKeyMs = loaded is null ? long.MinValue : loaded.TimeMs + RulesV1.KeyAheadMsMax;
    }

    /// <summary>The state after the last event; null while the chat does not exist.</summary>
    public ChatState? State => Volatile.Read(ref _state);

    /// <summary>K.</summary>
    public Position Bound => _bound;

    public int KeysHeld => _order.Count;

    /// <summary>Whether a record came since the worker last looked which chats may leave.</summary>
    public bool IsUsed { get; set; } = true;

    /// <summary>Whether history has all that is known here, so that the chat may be loaded again instead.</summary>
    public bool MayLeave(Position passed) => _state is not { } state || state.Position <= passed;

    /// <summary>Whether the state is that of this position or a later one already.</summary>
    public bool IsPast(Position position) => _state is { } state && position <= state.Position;

    /// <summary>Whether the verdict on a command with this key needs a read of <c>client_keys</c>.</summary>
    public bool NeedsLookup(CommandKey key) =>
        key.ClientId.UnixMilliseconds <= _newestKeyMs && !_keys.ContainsKey(key);

    /// <summary>
    /// Whether the message that an edit acts on was deleted. What happened above K is in memory; of a message below it
    /// the store knows the rest, which is everything up to K.
    /// </summary>
    public ContentFate FateOf(long target) =>
        _erased?.ContainsKey(target) == true ? ContentFate.Erased
        : target > _boundSeq ? ContentFate.Shown
        : ContentFate.Unknown;

    /// <summary>Decides on the record and moves the state when it is an event.</summary>
    /// <param name="rules">The rules of the record's number.</param>
    /// <param name="record">The record.</param>
    /// <param name="key">Its key.</param>
    /// <param name="position">Its position.</param>
    /// <param name="appendTimeMs">The log's time for it.</param>
    /// <param name="stored">What the look-up found, if there was one.</param>
    public Verdict Apply(
        IRules rules, Record record, CommandKey key, Position position, long appendTimeMs, KeyUse? stored)
    {
        KeyUse? earlier = _keys.TryGetValue(key, out var held) ? held
            : stored is { } row && row.Position <= _bound ? row
            : null;
        var verdict = rules.Decide(_state, record, position, appendTimeMs, earlier);
        if (verdict is Verdict.Accepted { Event: var accepted })
        {
            Check(_state, accepted.After, position);
            Remember(key, accepted);
            if (record.Delete is not null) (_erased ??= [])[(long)record.Target.Seq] = position;
            Volatile.Write(ref _state, accepted.After);
        }

        return verdict;
    }

    /// <summary>Moves K over events that history has passed and that are older than <see cref="KeyKeptMs"/>.</summary>
    /// <param name="passed">Everything up to here is in history.</param>
    /// <param name="logTimeMs">The log's present time; <see cref="long.MaxValue"/> to forget regardless of age.</param>
    /// <returns>How many keys were forgotten.</returns>
    public int Forget(Position passed, long logTimeMs)
    {
        var forgotten = 0;
        while (_order.TryPeek(out var oldest)
            && oldest.Position <= passed
            && oldest.TimeMs < logTimeMs - KeyKeptMs)
        {
            _order.Dequeue();
            _keys.Remove(oldest.Key, out var use);
            _boundSeq = use.Seq;
            _bound = oldest.Position;
            _newestKeyMs = Math.Max(_newestKeyMs, oldest.Key.ClientId.UnixMilliseconds);
            forgotten++;
        }

        if (forgotten > 0 && _erased is not null)
            foreach (var (target, position) in _erased)
                if (position <= _bound)
                    _erased.Remove(target);
        return forgotten;
    }

    /// <summary>Under the roster's own text of the sender's id: that of each record would live as long as its key,
    /// a million small objects.</summary>
    private void Remember(CommandKey key, SequencedEvent accepted)
    {
        if (accepted.After.Roster.TryGet(key.Sender, out var member))
            key = key with { Sender = member.User };
        _keys.Add(key, accepted.Use);
        _order.Enqueue((key, accepted.After.Position, accepted.After.TimeMs));
    }

    /// <summary>What every number of the rules must keep, checked in production too: a wrong seq is for ever.</summary>
    private static void Check(ChatState? before, ChatState after, Position position)
    {
        if (after.Seq != (before?.Seq ?? 0) + 1
            || after.Position != position
            || after.N - (before?.N ?? 0) is not (0 or 1)
            || after.TimeMs < (before?.TimeMs ?? 0)
            || after.Stamp <= (before?.Stamp ?? 0)
            || (before is not null && after.Chat != before.Chat))
            throw new InvalidOperationException(
                "The rules left a state that does not follow the one before: the partition must stop.");
    }
}
