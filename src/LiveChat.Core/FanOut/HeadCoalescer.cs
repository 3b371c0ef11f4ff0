using System.Collections.Concurrent;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// Says of the pull chats that moved, at most once every 250 ms each: the first event of a quiet chat at once, what
/// follows at the next turn. The fan-out notes one chat's events one after the other, one loop turns.
/// </summary>
internal sealed class HeadCoalescer(TimeProvider time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<ChatId, Move> _moves = new();

    /// <summary>True when the chat was quiet: the caller says its head now.</summary>
    public bool TryBegin(HandedEvent handed)
    {
        if (_moves.TryAdd(handed.Chat, new Move(handed, IsSaid: true))) return true;
        _moves[handed.Chat] = new Move(handed, IsSaid: false);
        return false;
    }

    /// <summary>Calls <paramref name="say"/> every 250 ms for each chat that moved since it was last said.</summary>
    public async Task RunAsync(Action<HandedEvent> say, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
            Turn(say);
    }

    /// <summary>One turn: only the loop, or a test in its place, calls it.</summary>
    public void Turn(Action<HandedEvent> say)
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
            say(move.Last);
        }
    }

    private readonly record struct Move(HandedEvent Last, bool IsSaid)
    {
        /// <summary>By reference: two events of a chat are never equal.</summary>
        public bool Equals(Move other) => ReferenceEquals(Last, other.Last) && IsSaid == other.IsSaid;

        public override int GetHashCode() => HashCode.Combine(Last.Seq, IsSaid);
    }
}
