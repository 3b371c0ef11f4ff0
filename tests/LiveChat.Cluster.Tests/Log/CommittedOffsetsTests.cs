using LiveChat.Core.Log;
using Xunit;

namespace LiveChat.Cluster.Tests.Log;

/// <summary>What a group has committed, asked of a broker that stands still for a while.</summary>
public sealed class CommittedOffsetsTests
{
    private static readonly int[] All = [0, 1, 2, 3];

    [Fact]
    public async Task A_client_that_had_no_answer_is_replaced_and_the_next_one_has_it()
    {
        await using var broker = new OneBroker();
        await broker.InitializeAsync();
        broker.Require();
        Assert.SkipUnless(broker.IsOwn, "The broker is elsewhere and cannot be frozen.");
        using var heard = new HeardLines();
        await using var open = await OpenLog.OpenAsync(OpenLog.Options(broker.Addresses), loggers: heard);
        await using var reader = open.Log.ReaderOf("frozen");
        var token = TestContext.Current.CancellationToken;
        await IsAnsweredAsync(reader);

        // A client is kept for five seconds at least.
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, token);
        await broker.FreezeAsync(1);
        try
        {
            await Assert.ThrowsAsync<LogUnavailableException>(
                async () => await reader.CommittedAsync(All, token));
            await heard.UntilAsync("The client that asks what frozen has committed was replaced");
        }
        finally
        {
            await broker.ThawAsync(1);
        }

        await IsAnsweredAsync(reader);
    }

    private static async Task IsAnsweredAsync(IPartitionReader reader)
    {
        while (true)
        {
            try
            {
                var committed = await reader.CommittedAsync(All, TestContext.Current.CancellationToken);
                Assert.Equal(All, committed.Keys.Order());
                return;
            }
            catch (LogUnavailableException)
            {
                await Task.Delay(
                    TimeSpan.FromMilliseconds(200), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }
}
