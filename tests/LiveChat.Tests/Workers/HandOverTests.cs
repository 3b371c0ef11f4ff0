using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Tests.Chats;
using LiveChat.Tests.Log;
using Xunit;

namespace LiveChat.Tests.Workers;

/// <summary>A hand-over that takes its time: what counts meanwhile, what goes on, and what is bounded.</summary>
public sealed class HandOverTests
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_record_counts_when_its_hand_over_has_ended_and_holds_back_no_other(bool waitsForTheStore)
    {
        await using var workers = new TestWorkers();
        workers.Sink.Gate = _gate.Task;
        if (waitsForTheStore) workers.Store.Close();
        var delivery = workers.StartDelivery(out var run);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        var before = workers.Time.GetUtcNow().ToUnixTimeMilliseconds();
        await workers.AppendAsync(Records.Message("ann", 2));
        workers.Store.Open();
        await workers.Sink.AnsweredAsync(2);
        Assert.Equal(["event 1", "ack 1", "event 2", "ack 2"], workers.Sink.Lines);
        Assert.True(delivery.HandedTimeMs < before);
        await workers.StopAsync(run);
        Assert.Equal(Position.None, await CommittedAsync(workers));

        // The one that takes over hands over again what did not count.
        workers.Sink.Gate = Task.CompletedTask;
        delivery = workers.StartDelivery(out run);
        await workers.Sink.AnsweredAsync(2);
        while (delivery.HandedTimeMs < before) await Task.Yield();
        await workers.StopAsync(run);
        Assert.Equal(2, workers.Sink.Lines.Count(static line => line == "event 1"));
        Assert.Equal(1, (await CommittedAsync(workers)).Offset);
    }

    [Fact]
    public async Task What_ends_late_counts_once_it_has_ended()
    {
        await using var workers = new TestWorkers();
        workers.Sink.Gate = _gate.Task;
        var delivery = workers.StartDelivery(out var run);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.Sink.AnsweredAsync(1);
        workers.Sink.Gate = Task.CompletedTask;
        await workers.AppendAsync(Records.Message("ann", 2));
        await workers.Sink.AnsweredAsync(1);
        _gate.SetResult();
        await workers.AppendAsync(Records.Message("ann", 3));
        await workers.Sink.AnsweredAsync(1);
        while (delivery.MarkOf(0)!.Handed.Offset < 2) await Task.Yield();
        await workers.StopAsync(run);
        Assert.Equal(["event 1", "ack 1", "event 2", "ack 2", "event 3", "ack 3"], workers.Sink.Lines);
        Assert.Equal(2, (await CommittedAsync(workers)).Offset);
    }

    [Theory]
    [InlineData(3, int.MaxValue)]
    [InlineData(1000, 1)]
    public async Task When_as_much_is_on_its_way_as_may_be_the_partition_waits(int records, int bytes)
    {
        await using var workers = new TestWorkers(
            options: new WorkerOptions { WaitingMax = records, WaitingBytesMax = bytes });
        workers.Sink.Gate = _gate.Task;
        workers.StartDelivery(out _);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        for (var id = 2; id <= 20; id++) await workers.AppendAsync(Records.Message("ann", id));
        var most = bytes == 1 ? 1 : records;
        await workers.Sink.AnsweredAsync(most);
        Assert.Equal(2 * most, workers.Sink.Lines.Count);
        workers.Sink.Gate = Task.CompletedTask;
        _gate.SetResult();
        await workers.Sink.AnsweredAsync(20 - most);
    }

    [Fact]
    public async Task A_hand_over_that_fails_stops_the_partition_at_its_record()
    {
        await using var workers = new TestWorkers();
        var delivery = workers.StartDelivery(out var run);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.Sink.AnsweredAsync(1);
        workers.Sink.Gate = _gate.Task;
        await workers.AppendAsync(Records.Message("ann", 2));
        await workers.AppendAsync(Records.Message("ann", 3));
        await workers.Sink.AnsweredAsync(2);
        _gate.SetException(new InvalidOperationException("A test broke the way."));
        while (delivery.Stopped.Count == 0) await Task.Yield();
        await workers.StopAsync(run);
        Assert.Equal(0, (await CommittedAsync(workers)).Offset);
    }

    private static Task<Position> CommittedAsync(TestWorkers workers) =>
        workers.Log.CommittedAsync(ConsumerGroups.DeliveryWorkers, 0);
}
