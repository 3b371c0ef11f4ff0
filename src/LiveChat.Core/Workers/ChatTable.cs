using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Workers;

/// <summary>
/// The chats of one partition in the memory of one worker, and the bound on them. A chat may be forgotten only when
/// history has passed its last event: whoever meets it again loads what it was. Changed by the partition's loop only;
/// any thread may look a chat up.
/// </summary>
internal sealed class ChatTable
{
    private readonly ConcurrentDictionary<ChatId, ChatSequencer> _chats = new();
    private readonly int _chatsMax;
    private readonly int _keysMax;
    private int _count;
    private int _keys;
    private int _sweepAtChats;
    private int _sweepAtKeys;

    /// <param name="chatsMax">Above so many chats, those not used since the last sweep are forgotten.</param>
    /// <param name="keysMax">Above so many keys, those that history has are forgotten whatever their age.</param>
    public ChatTable(int chatsMax, int keysMax)
    {
        _sweepAtChats = _chatsMax = chatsMax;
        _sweepAtKeys = _keysMax = keysMax;
    }

    /// <summary>The share of one partition in the bounds of a worker.</summary>
    public static ChatTable ForPartition(WorkerOptions options, int partitions) =>
        new(Math.Max(1, options.ChatsMax / partitions), Math.Max(1, options.KeysMax / partitions));

    public int Count => _count;

    public int KeysHeld => _keys;

    /// <summary>So much is in memory that history does not let go: the partition must wait for it.</summary>
    public bool IsFull => _count >= 2L * _chatsMax || _keys >= 2L * _keysMax;

    public bool TryGet(ChatId id, [NotNullWhen(true)] out ChatSequencer? chat) => _chats.TryGetValue(id, out chat);

    public ChatSequencer Add(ChatId id, ChatState? loaded)
    {
        var chat = new ChatSequencer(loaded);
        if (!_chats.TryAdd(id, chat))
            throw new InvalidOperationException("A chat is loaded once.");
        _count++;
        return chat;
    }

    /// <summary>Decides on a record of the chat, see <see cref="ChatSequencer.Apply"/>.</summary>
    public Verdict Apply(ChatSequencer chat, in DecodedEntry entry, KeyUse? stored)
    {
        chat.IsUsed = true;
        var verdict = chat.Apply(entry.Rules, entry.Record, entry.Key, entry.Position, entry.TimeMs, stored);
        if (verdict is Verdict.Accepted)
            _keys++;
        return verdict;
    }

    /// <summary>Moves the chat's K, see <see cref="ChatSequencer.Forget"/>.</summary>
    public void Forget(ChatSequencer chat, Position passed, long logTimeMs) =>
        _keys -= chat.Forget(passed, logTimeMs);

    /// <summary>
    /// Makes room when there is more than there may be. Its work is in proportion to what came since the last time:
    /// when little could go, the next sweep comes a quarter later.
    /// </summary>
    /// <param name="passed">Everything up to here is in history.</param>
    /// <param name="isHeld">Chats that stay as they are, since a record waits for what was asked of the store by what
    /// was known of them.</param>
    public void SweepWhenLarge(Position passed, Func<ChatId, bool> isHeld)
    {
        if (_count <= _sweepAtChats && _keys <= _sweepAtKeys && !IsFull)
            return;

        foreach (var (id, chat) in _chats)
        {
            if (isHeld(id))
                continue;
            if (_keys > _keysMax)
                Forget(chat, passed, long.MaxValue);
            if (_count > _chatsMax && !chat.IsUsed && chat.MayLeave(passed))
                Remove(id, chat);
            chat.IsUsed = false;
        }

        _sweepAtChats = Math.Max(_chatsMax, _count + (_count / 4));
        _sweepAtKeys = Math.Max(_keysMax, _keys + (_keys / 4));
    }

    private void Remove(ChatId id, ChatSequencer chat)
    {
        _chats.TryRemove(id, out _);
        _count--;
        _keys -= chat.KeysHeld;
    }
}
