using System.Diagnostics.Metrics;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Tests.Chats;
using Xunit;

namespace LiveChat.Tests.Workers;

/// <summary>What an operator is woken by: it must be there before it happens, and move while it does.</summary>
public sealed class WorkerMetricsTests
{
    [Fact]
    public void What_must_stay_0_is_there_before_anything_happened()
    {
        using var meter = new Meter("LiveChat.Core");
        var metrics = new WorkerMetrics(meter, partitions: 2);
        Assert.Equal(
            [("delivery-workers", 0), ("history-writers", 0)], Read(meter, "livechat.records.set_aside"));
        Assert.Equal(
            [
                ("delivery-workers 0", 0), ("delivery-workers 1", 0),
                ("history-writers 0", 0), ("history-writers 1", 0),
            ],
            Read(meter, "livechat.partitions.stopped"));

        metrics.SetAside(ConsumerGroups.HistoryWriters);
        metrics.SetAside(ConsumerGroups.HistoryWriters);
        metrics.Stopped(ConsumerGroups.DeliveryWorkers, 1);
        Assert.Contains(("history-writers", 2), Read(meter, "livechat.records.set_aside"));
        Assert.Equal(
            ("delivery-workers 1", 1), Read(meter, "livechat.partitions.stopped").Single(item => item.Value > 0));
    }

    [Fact]
    public async Task The_lag_of_history_grows_for_all_to_see_while_its_store_is_away()
    {
        await using var workers = new TestWorkers();
        workers.StartHistory(out _);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.HistoryDoneAsync();
        workers.Store.IsAway = true; // What is written waits for a flush, which is tried for minutes.
        for (var number = 2; number <= 4; number++)
        {
            await workers.AppendAsync(Records.Message("ann", number));
            await UntilAsync(workers, "livechat.log.lag", lag => lag == number - 1);
        }

        await UntilAsync(workers, "livechat.log.lag_age", seconds => seconds > 0);
        workers.Store.IsAway = false;
    }

    [Fact]
    public async Task The_lag_of_a_store_that_is_away_since_the_start_has_an_age_too()
    {
        await using var workers = new TestWorkers();
        workers.Store.IsAway = true;
        workers.StartHistory(out _);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await UntilAsync(workers, "livechat.log.lag_age", seconds => seconds > 5);
        Assert.Equal([("history-writers 0", 1)], Read(workers.Meter, "livechat.log.lag"));
        workers.Store.IsAway = false;
    }

    /// <summary>Lets time pass until the gauge of the one partition is so.</summary>
    private static async Task UntilAsync(TestWorkers workers, string name, Func<int, bool> isSo)
    {
        for (var i = 0; i < 10_000 && !Read(workers.Meter, name).Any(item => isSo(item.Value)); i++)
        {
            workers.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }

        Assert.True(isSo(Assert.Single(Read(workers.Meter, name)).Value), name);
    }

    /// <summary>The values now, each with its labels.</summary>
    internal static List<(string Labels, int Value)> Read(Meter meter, string name)
    {
        var values = new List<(string, int)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter == meter && instrument.Name == name) self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, labels, _) =>
            values.Add((string.Join(' ', labels.ToArray().Select(label => label.Value)), (int)value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return [.. values.OrderBy(item => item.Item1, StringComparer.Ordinal)];
    }
}
