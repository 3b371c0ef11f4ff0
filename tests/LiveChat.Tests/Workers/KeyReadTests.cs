using LiveChat.Core.Log;
using LiveChat.Tests.Chats;
using Xunit;

namespace LiveChat.Tests.Workers;

/// <summary>What a chat costs the index of keys: a minute of reads after it was loaded, then none.</summary>
public sealed class KeyReadTests
{
    private const int PerSecond = 50;

    [Fact]
    public async Task A_chat_reads_its_keys_for_a_minute_after_it_was_loaded_and_none_in_the_minutes_after()
    {
        await using var workers = new TestWorkers();
        workers.StartHistory(out var history);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.HistoryDoneAsync();
        await workers.StopAsync(history);
        workers.Restart();
        workers.StartDelivery(out _);
        workers.StartHistory(out _);

        await TalkAsync(workers, first: 2, seconds: 61);
        var afterTheFirst = Reads(workers);
        Assert.Equal(ConsumerGroups.All.Order(), afterTheFirst.Select(static one => one.Group));
        Assert.All(afterTheFirst, static one => Assert.InRange(one.Count, 30 * PerSecond, 61 * PerSecond));

        await TalkAsync(workers, first: 2 + (61 * PerSecond), seconds: 120);
        Assert.Equal(afterTheFirst, Reads(workers));
    }

    private static async Task TalkAsync(TestWorkers workers, int first, int seconds)
    {
        for (var second = 0; second < seconds; second++)
        {
            for (var i = 0; i < PerSecond; i++)
            {
                workers.Time.Advance(TimeSpan.FromSeconds(1) / PerSecond);
                var nowMs = workers.Time.GetUtcNow().ToUnixTimeMilliseconds();
                await workers.AppendAsync(
                    Records.Message("ann", first + (second * PerSecond) + i, keyTimeMs: nowMs));
            }

            await workers.Sink.AnsweredAsync(PerSecond);
            await workers.HistoryDoneAsync();
        }
    }

    private static List<(string Group, int Count)> Reads(TestWorkers workers) =>
        WorkerMetricsTests.Read(workers.Meter, "livechat.key_reads");
}
