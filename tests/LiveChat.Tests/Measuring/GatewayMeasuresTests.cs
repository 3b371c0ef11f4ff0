using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Sessions;
using Xunit;

namespace LiveChat.Tests.Measuring;

/// <summary>What a node counts and times of its connections.</summary>
public sealed class GatewayMeasuresTests
{
    private const string Acks = "livechat.commands.ack_duration";
    private const string Deliveries = "livechat.events.delivery_duration";
    private const string Errors = "livechat.errors";
    private const string Closed = "livechat.connections.closed";

    [Fact]
    public async Task A_command_is_timed_to_its_ack_and_an_event_to_each_of_its_recipients()
    {
        await using var node = await TestNode.StartAsync();
        using var measured = new Measured(node.Meter);
        var ann = await node.ConnectAsync("ann");
        var bob = await node.ConnectAsync("bob");
        var chat = await ann.CreateAsync("bob");
        await bob.NextAsync<ChatCreated>();
        var (acks, deliveries) = (measured.Times(Acks), measured.Times(Deliveries));
        Assert.Equal((1, 2), (acks, deliveries));

        await ann.AckAsync(ann.Message(chat, "hello"));
        await bob.NextAsync<MessageCreated>();
        Assert.Equal((2, 4), (measured.Times(Acks), measured.Times(Deliveries)));

        await ann.ProblemAsync(ann.Message("77", "to nobody"));
        Assert.Equal(2, measured.Times(Acks));
    }

    [Fact]
    public async Task Every_code_is_there_from_the_start_and_rises_with_each_problem_that_is_told()
    {
        await using var node = await TestNode.StartAsync();
        using var measured = new Measured(node.Meter);
        Assert.Equal(2 * ErrorRule.All.Count, measured.Labels(Errors));
        Assert.Empty(measured.Raised(Errors));

        var ann = await node.ConnectAsync("ann");
        await ann.ProblemAsync(ann.Message("77", "to nobody"));
        await ann.ProblemAsync(ann.Message("77", "to nobody"));
        await ann.ProblemAsync(new SyncGet { Cursor = "no cursor" });
        Assert.Equal(
            new Dictionary<string, double>
            {
                [$"session {ErrorCode.NotFound}"] = 2,
                [$"session {ErrorCode.ValidationFailed}"] = 1,
            },
            measured.Raised(Errors));
    }

    [Fact]
    public async Task Each_connection_ends_once_under_the_code_of_its_close_and_one_that_is_lost_under_1006()
    {
        await using var node = await TestNode.StartAsync();
        using var measured = new Measured(node.Meter);
        Assert.Equal(Enum.GetValues<CloseCode>().Length + 1, measured.Labels(Closed));

        var left = await node.ConnectAsync("ann");
        left.Connection.Leave();
        await left.DisposeAsync();
        await left.DisposeAsync();
        var lost = await node.ConnectAsync("ann");
        await lost.DisposeAsync();
        var wrong = node.Open();
        await wrong.SendAsync(new SyncGet());
        await wrong.DisposeAsync();
        Assert.Equal(
            new Dictionary<string, double> { ["1000"] = 1, ["1006"] = 1, ["4500"] = 1 }, measured.Raised(Closed));
        Assert.Equal(3, measured.Value("livechat.connections.opened"));
        Assert.Equal(0, measured.Value("livechat.connections"));
        Assert.Equal(2, measured.Times("livechat.connect.duration"));
    }

    [Fact]
    public async Task A_refused_sign_in_is_counted_under_its_reason_and_a_sync_is_timed()
    {
        await using var node = await TestNode.StartAsync();
        using var measured = new Measured(node.Meter);
        var stranger = node.Open();
        await stranger.SendAsync(new Connect { Id = 1, Token = "not a user!" });
        Assert.Equal(
            new Dictionary<string, double> { ["invalid"] = 1 }, measured.Raised("livechat.sign_ins.refused"));

        var ann = await node.ConnectAsync("ann");
        Assert.IsType<Sync>(await ann.AskAsync(new SyncGet()));
        Assert.Equal(1, measured.Times("livechat.sync.duration"));
    }
}
