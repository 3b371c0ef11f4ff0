using System.Globalization;
using LiveChat.Core.Log;
using LiveChat.Core.Sessions;
using LiveChat.Core.Timing;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using LiveChat.Tests.Log;
using LiveChat.Tests.Sessions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Nodes;

/// <summary>A node whose log or store is gone ends and says why; one part of the log that stopped takes nothing.
/// </summary>
public sealed class NodeFailureTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_failed_log_ends_the_node_and_acknowledges_nothing()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        node.Log.Break();

        Assert.Equal(ErrorCode.Timeout, (await ann.ProblemAsync(ann.Message(chat, "unknown"))).Code);
        var ended = await Assert.ThrowsAsync<WorkerFailedException>(() => EndAsync(node));
        Assert.Contains("a test broke it", ended.Message, StringComparison.Ordinal);
        Assert.Null(node.Node.TryOpen());
    }

    [Fact]
    public async Task A_failed_history_ends_the_node()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        node.History.IsBroken = true;
        await ann.SendAsync(ann.Message(chat, "kept in the log"));

        var ended = await Assert.ThrowsAsync<WorkerFailedException>(() => EndAsync(node));
        Assert.Contains("broke the history", ended.Message, StringComparison.Ordinal);
        Assert.Null(node.Node.TryOpen());
    }

    [Fact]
    public async Task A_part_of_the_log_that_stopped_takes_nothing_and_the_others_go_on()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        var partition = PartitionOf(node, chat);
        string other;
        do
            other = await ann.CreateAsync(direct: null);
        while (PartitionOf(node, other) == partition);
        var unknown = RecordEnvelope.Encode(
            Records.Message("ann", 1).InChat(ulong.Parse(chat, CultureInfo.InvariantCulture)), rules: 77);
        await node.Log.AppendAsync(partition, unknown, default);

        var began = TimeProvider.System.GetTimestamp();
        while (!node.Node.IsStopped(partition) && TimeProvider.System.GetElapsedTime(began) < Patience)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);

        var end = (await node.Log.RangeAsync(partition)).End;
        var refused = await ann.ProblemAsync(ann.Message(chat, "not taken"));
        Assert.Equal((ErrorCode.Unavailable, true), (refused.Code, refused.Retryable));
        Assert.Equal(end, (await node.Log.RangeAsync(partition)).End);

        Assert.Equal(2, (await ann.AckAsync(ann.Message(other, "taken"))).Seq);
        Assert.False(node.Node.Completion.IsCompleted);
    }

    [Fact]
    public async Task A_part_of_the_log_that_stopped_holds_back_its_own_position_and_no_sync()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var node = await TestNode.StartAsync(time);
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        var partition = PartitionOf(node, chat);
        var unknown = RecordEnvelope.Encode(
            Records.Message("ann", 1).InChat(ulong.Parse(chat, CultureInfo.InvariantCulture)), rules: 77);
        var stoppedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
        await node.Log.AppendAsync(partition, unknown, default);
        await TurnUntilAsync(node, () => node.Node.IsStopped(partition));
        await node.TurnAsync(600);

        // A device that is new has its list, and resumes from before the stop: what stands behind it is named then.
        var phone = await node.ConnectAsync("ann");
        var asked = phone.AskAsync(new SyncGet());
        await TurnUntilAsync(node, () => asked.IsCompleted);
        var sync = Assert.IsType<Sync>(await asked);
        Assert.Equal(chat, Assert.Single(sync.Items).Chat);
        Assert.True(TestNode.Seal.TryRead(sync.Since, out var since));
        Assert.InRange(since.TimeOf(partition), 0, stoppedAt - Since.MarginMs);
        Assert.True(since.TimeMs > stoppedAt, "Another part of the log was held back.");
        asked = Ask(new SyncGet());
        await TurnUntilAsync(node, () => asked.IsCompleted);
        Assert.True(TestNode.Seal.TryRead(Assert.IsType<Sync>(await asked).Since, out var again));
        Assert.Equal(since.TimeOf(partition), again.TimeOf(partition));

        phone = await node.ConnectAsync("ann", sync.Since);
        Assert.Equal(("partial", chat), (phone.Ready.Resume, phone.Ready.Behind![0].Chat));
        Task<ServerFrame> Ask(ClientFrame frame) =>
            node.Node.AskAsync(UserId.Parse("ann"), frame, isByServerKey: false, default);
    }

    /// <summary>Such a part names the position 0 and where it ended.</summary>
    [Fact]
    public async Task A_sync_goes_on_behind_a_part_that_was_read_before_anything_was_handed_over()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectQuietlyAsync("ann");
        var chat = await ann.CreateAsync("bob");
        Assert.True(await node.Node.CatchUpAsync(default));
        var rest = Assert.IsType<Sync>(await ann.AskAsync(new SyncGet { Cursor = "0.1" }));
        Assert.Equal((chat, "0"), (Assert.Single(rest.Items).Chat, rest.Since));
        Assert.IsType<ErrorFrame>(await ann.AskAsync(new SyncGet { Cursor = "x.1" }));
    }

    /// <summary>Second by second, with a moment for the loops between two.</summary>
    private static async Task TurnUntilAsync(TestNode node, Func<bool> isDone)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isDone() && TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            await node.TurnAsync(1);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }
    }

    private static int PartitionOf(TestNode node, string chat) => Partitioner.PartitionOf(
        new ChatId(ulong.Parse(chat, CultureInfo.InvariantCulture)), node.Log.Partitions);

    private static Task EndAsync(TestNode node) => node.Node.Completion.WaitAsync(Patience, TimeProvider.System);
}
