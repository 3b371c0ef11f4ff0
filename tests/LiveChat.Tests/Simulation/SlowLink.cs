using LiveChat.Core.FanOut;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// The way from the owner to the node's sessions, which takes its time now and then: seldom minutes. It keeps the order
/// of a partition, of hand-overs and signs, as a stream between two nodes would.
/// </summary>
internal sealed class SlowLink(Faults faults, int partitions, TimeProvider time, INodeLink node) : INodeLink
{
    private const int LongMs = 200_000;

    private readonly Task[] _last = [.. Enumerable.Repeat(Task.CompletedTask, partitions)];

    /// <summary>How long the next hand-over takes; null when chance says it.</summary>
    public TimeSpan? Next { get; set; }

    public ValueTask HandAsync(HandOver handOver, CancellationToken cancellationToken)
    {
        ref var last = ref LastOf(handOver.Chat);
        var pause = PauseAsync();
        if (last.IsCompleted && pause.IsCompleted) return node.HandAsync(handOver, cancellationToken);
        last = HandLaterAsync(last, pause, handOver, cancellationToken);
        return new ValueTask(last);
    }

    public void Sign(Sign sign)
    {
        ref var last = ref LastOf(sign.Chat);
        if (last.IsCompleted) node.Sign(sign);
        else last = SignLaterAsync(last, sign);
    }

    private ref Task LastOf(ChatId chat) => ref _last[Partitioner.PartitionOf(chat, partitions)];

    private Task PauseAsync()
    {
        if (Next is not { } takes) return faults.PauseAsync(faults.Strike(oneIn: 400) ? LongMs / 10 : 5);
        Next = null;
        return Task.Delay(takes, time);
    }

    private async Task HandLaterAsync(
        Task former, Task pause, HandOver handOver, CancellationToken cancellationToken)
    {
        await former;
        await pause;
        await node.HandAsync(handOver, cancellationToken);
    }

    private async Task SignLaterAsync(Task former, Sign sign)
    {
        await former;
        node.Sign(sign);
    }
}
