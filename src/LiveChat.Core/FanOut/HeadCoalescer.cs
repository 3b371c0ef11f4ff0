using System.Collections.Concurrent;
using LiveChat.Core.Chats;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// Says of the pull chats that moved, at most once every 250 ms each: the first event of a quiet chat at once, what
/// follows at the next turn. Delivery workers note, one chat's events one after the other; one loop turns.
/// </summary>
internal sealed class HeadCoalescer(TimeProvider time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<ChatId, Move> _moves = new();

    /// <summary>True when the chat was quiet: the caller says its head now.</summary>
    public bool TryBegin(ChatState state)
    {
        if (_moves.TryAdd(state.Chat, new Move(state, IsSaid: true))) return true;
        _moves[state.Chat] = new Move(state, IsSaid: false);
        return false;
    }

    /// <summary>Calls <paramref name="say"/> every 250 ms for each chat that moved since it was last said.</summary>
    public async Task RunAsync(Action<ChatState> say, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
            Turn(say);
    }

    /// <summary>One turn: only the loop, or a test in its place, calls it.</summary>
    public void Turn(Action<ChatState> say)
    {
        foreach (var (chat, move) in _moves)
        {
            // Exchanged only for what was seen: what comes meanwhile stays unsaid until the next turn, never for good.
            if (move.IsSaid)
            {
                _moves.TryRemove(KeyValuePair.Create(chat, move));
                continue;
            }

            _moves.TryUpdate(chat, move with { IsSaid = true }, move);
            say(move.State);
        }
    }

    private readonly record struct Move(ChatState State, bool IsSaid)
    {
        /// <summary>By reference: two states of a chat are never equal, and comparing rosters would be dear.</summary>
        public bool Equals(Move other) => ReferenceEquals(State, other.State) && IsSaid == other.IsSaid;

        public override int GetHashCode() => HashCode.Combine(State.Seq, IsSaid);
    }
}
