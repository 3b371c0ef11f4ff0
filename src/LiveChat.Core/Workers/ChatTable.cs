using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Workers;

/// <summary>
/// The chats of one partition in the memory of one worker. A chat may be forgotten only when history has passed its
/// last event: whoever meets it again loads what it was. Any thread may look a chat up. Everything else is the
/// partition's loop's, but for the time in which it waits for records (<see cref="Rest"/> to <see cref="Wake"/>): then
/// the worker may make room here for its other partitions, under the lock.
/// </summary>
internal sealed class ChatTable(WorkerBudget budget)
{
    private readonly ConcurrentDictionary<ChatId, ChatSequencer> _chats = new();
    private readonly Lock _lock = new();
    private bool _isResting;
    private int _count;
    private int _keys;
    private int _sweepAtChats;
    private int _sweepAtKeys;

    public int Count => _count;

    public int KeysHeld => _keys;

    /// <summary>So much is in memory that history does not let go: the partition must wait for it.</summary>
    public bool IsFull => budget.IsFull && (_count > budget.ChatShare || _keys > budget.KeyShare);

    public bool TryGet(ChatId id, [NotNullWhen(true)] out ChatSequencer? chat) => _chats.TryGetValue(id, out chat);

    public ChatSequencer Add(ChatId id, ChatState? loaded)
    {
        var chat = new ChatSequencer(loaded);
        if (!_chats.TryAdd(id, chat))
            throw new InvalidOperationException("A chat is loaded once.");
        _count++;
        budget.AddChats(1);
        return chat;
    }

    /// <summary>Decides on a record of the chat, see <see cref="ChatSequencer.Apply"/>.</summary>
    public Verdict Apply(ChatSequencer chat, in DecodedEntry entry, KeyUse? stored)
    {
        chat.IsUsed = true;
        var verdict = chat.Apply(entry.Rules, entry.Record, entry.Key, entry.Position, entry.TimeMs, stored);
        if (verdict is Verdict.Accepted)
            AddKeys(1);
        return verdict;
    }

    /// <summary>Moves the chat's K, see <see cref="ChatSequencer.Forget"/>.</summary>
    public void Forget(ChatSequencer chat, Position passed, long logTimeMs) =>
        AddKeys(-chat.Forget(passed, logTimeMs));

    /// <summary>
    /// Makes room when the worker has more than it may, and the partition more than its share. Its work is in
    /// proportion to what came since the last time: when little could go, the next sweep comes a quarter later.
    /// </summary>
    /// <param name="passed">Everything up to here is in history.</param>
    /// <param name="isHeld">Chats that stay as they are, since a record waits for what was asked of the store by what
    /// was known of them.</param>
    public void SweepWhenLarge(Position passed, Func<ChatId, bool> isHeld)
    {
        var hasTooManyChats = budget.HasTooManyChats && _count > Math.Max(budget.ChatShare, _sweepAtChats);
        var hasTooManyKeys = budget.HasTooManyKeys && _keys > Math.Max(budget.KeyShare, _sweepAtKeys);
        if (hasTooManyChats || hasTooManyKeys || IsFull)
            Sweep(passed, isHeld);
    }

    /// <summary>The loop waits for records and touches nothing here.</summary>
    public void Rest()
    {
        lock (_lock) _isResting = true;
    }

    /// <summary>The loop goes on; waits for a sweep that is under way.</summary>
    public void Wake()
    {
        lock (_lock) _isResting = false;
    }

    /// <summary>For the worker: makes room if the loop rests, however little came since the last time. Any thread.
    /// </summary>
    public void SweepResting(Position passed, Func<ChatId, bool> isHeld)
    {
        if (!budget.HasTooManyChats && !budget.HasTooManyKeys) return;
        lock (_lock)
            if (_isResting && (_count > budget.ChatShare || _keys > budget.KeyShare)) Sweep(passed, isHeld);
    }

    /// <summary>The partition goes: what it has is no longer the worker's. Nothing is called after it.</summary>
    public void Leave()
    {
        Wake();
        budget.AddChats(-_count);
        AddKeys(-_keys);
    }

    private void Sweep(Position passed, Func<ChatId, bool> isHeld)
    {
        foreach (var (id, chat) in _chats)
        {
            if (isHeld(id))
                continue;
            if (budget.HasTooManyKeys && _keys > budget.KeyShare)
                Forget(chat, passed, long.MaxValue);
            if (budget.HasTooManyChats && _count > budget.ChatShare && !chat.IsUsed && chat.MayLeave(passed))
                Remove(id, chat);
            chat.IsUsed = false;
        }

        _sweepAtChats = _count + (_count / 4);
        _sweepAtKeys = _keys + (_keys / 4);
    }

    private void Remove(ChatId id, ChatSequencer chat)
    {
        _chats.TryRemove(id, out _);
        _count--;
        budget.AddChats(-1);
        AddKeys(-chat.KeysHeld);
    }

    private void AddKeys(int count)
    {
        _keys += count;
        budget.AddKeys(count);
    }
}
