using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History.Reading;

/// <summary>
/// Waits until history has an event of a chat, for all who wait for the chat together. The head is looked at 20, 70
/// and 150 ms after the first of them came, then every 100 ms, and never twice within 50 ms, however many wait and
/// whatever they wait for. Any thread; the lock keeps the chats that are waited for. The number of waiters is bounded
/// by the rates of those who ask; a chat's looks end with its last waiter.
/// </summary>
/// <param name="store">Where the heads are.</param>
/// <param name="hurry">Tells the chat's history-writer, if it is on this node, that somebody waits.</param>
/// <param name="time">The clock.</param>
internal sealed class HeadLooks(IHistoryStore store, Action<ChatId> hurry, TimeProvider time)
{
    /// <summary>The shortest time between two looks at a chat.</summary>
    public static readonly TimeSpan Floor = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(30);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly Dictionary<ChatId, Looks> _chats = [];

    /// <summary>Waits until history has what was handed to this node of the chat's partition, so that what it says of
    /// the chat is certain, also that there is none; false when it has not within the time, or when what was handed is
    /// not known. How long it takes is the same for every chat of the partition. On a node that is alone the owner's
    /// memory has what history has not.</summary>
    public Func<ChatId, TimeSpan, CancellationToken, ValueTask<bool>> HasHandedAsync { get; set; } =
        static (_, _, _) => ValueTask.FromResult(true);

    /// <summary>Has what was answered of the chat written soon, for who reads history without waiting for it.</summary>
    public void Hurry(ChatId chat) => hurry(chat);

    /// <summary>True once history's head is at the seq or above; false when it is not within the time.</summary>
    /// <exception cref="HistoryUnavailableException">A look failed: each waiter is told.</exception>
    public async ValueTask<bool> WaitAsync(
        ChatId chat, long seq, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(seq);
        lock (_lock)
        {
            if (!_chats.TryGetValue(chat, out var looks)) _chats.Add(chat, looks = new Looks());
            looks.Waiters.Add(waiter);
            looks.Running ??= LookAsync(chat, looks.Waiters);
        }

        hurry(chat);

        try
        {
            await waiter.Reached.Task.InContextAsync().WaitAsync(timeout, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
        finally
        {
            lock (_lock)
                if (_chats.TryGetValue(chat, out var looks))
                    looks.Waiters.Remove(waiter);
        }
    }

    /// <summary>Looks until nobody waits. The entry stays for a pause behind the last look, which keeps the floor.
    /// </summary>
    private async Task LookAsync(ChatId chat, List<Waiter> waiters)
    {
        for (var pause = First; ; pause = pause + Step < Longest ? pause + Step : Longest)
        {
            await Task.Delay(pause, time, CancellationToken.None);
            lock (_lock)
                if (waiters.Count == 0)
                {
                    _chats.Remove(chat);
                    return;
                }

            try
            {
                var head = await store.ReadHeadAsync(chat, CancellationToken.None);
                foreach (var waiter in Take(waiters, head?.Seq ?? 0)) waiter.Reached.TrySetResult();
            }
            catch (Exception failure)
            {
                foreach (var waiter in Take(waiters, long.MaxValue))
                {
                    waiter.Reached.TrySetException(failure);
                    _ = waiter.Reached.Task.Exception;
                }
            }
        }
    }

    private List<Waiter> Take(List<Waiter> waiters, long upTo)
    {
        lock (_lock)
        {
            var reached = waiters.FindAll(waiter => waiter.Seq <= upTo);
            waiters.RemoveAll(waiter => waiter.Seq <= upTo);
            return reached;
        }
    }

    /// <summary>Who waits for a chat, and the loop that looks for them; it never fails.</summary>
    private sealed class Looks
    {
        public List<Waiter> Waiters { get; } = [];

        public Task? Running { get; set; }
    }

    private sealed class Waiter(long seq)
    {
        public long Seq => seq;

        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
