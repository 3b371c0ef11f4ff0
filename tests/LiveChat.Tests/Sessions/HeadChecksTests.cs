using LiveChat.Core.FanOut;
using LiveChat.Core.Ingest;
using LiveChat.Core.Nodes;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Running;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>The safety net below the fan-out, on a node whose way to the sessions loses events, or is slow.</summary>
public sealed class HeadChecksTests : IAsyncLifetime
{
    /// <summary>A round and what it waits for.</summary>
    private const int RoundSeconds = 80;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private TestNode _node = null!;
    private LossyLink _link = null!;
    private TestDevice _ann = null!;
    private TestDevice _bob = null!;

    /// <summary>Who is in a group with Ann: of these groups one is pushed, one pulled.</summary>
    public static TheoryData<string> Members => ["bob", "bob cat dan"];

    public async ValueTask InitializeAsync() => await SetUp.OrEndAsync(this, static test => test.StartAsync());

    public async ValueTask DisposeAsync()
    {
        _link.Way?.TrySetResult();
        await _bob.DisposeAsync();
        await _ann.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Members))]
    public async Task An_event_that_gets_lost_is_told_as_a_head_and_counted_for_each_session(string members)
    {
        var chat = await _ann.CreateAsync(direct: null, members.Split(' '));
        await PassAsync(RoundSeconds);
        _link.Loses = true;
        var lost = await _ann.AckAsync(_ann.Message(chat, "lost"));
        _link.Loses = false;
        Assert.False(Has(_ann, lost) || Has(_bob, lost));
        await PassAsync(RoundSeconds);
        Assert.True(Has(_ann, lost) && Has(_bob, lost));
        Assert.Equal(2, Measured("livechat.heads.repaired"));

        // It is told once.
        await PassAsync(RoundSeconds);
        Assert.Equal(2, Measured("livechat.heads.repaired"));
    }

    [Fact]
    public async Task Nothing_is_repaired_where_nothing_gets_lost_and_every_session_is_looked_at()
    {
        foreach (var members in (string[])["bob", "bob cat dan"])
        {
            var chat = await _ann.CreateAsync(direct: null, members.Split(' '));
            for (var second = 0; second < RoundSeconds; second += 10)
            {
                await _ann.AckAsync(_ann.Message(chat, "said"));
                await PassAsync(10);
            }

            await _ann.AckAsync(new MemberRemove { Chat = chat, ClientId = _ann.Key(), User = "bob" });
            await _ann.AckAsync(_ann.Message(chat, "behind the removal"));
            await PassAsync(RoundSeconds);
        }

        Assert.Equal(0, Measured("livechat.heads.repaired"));
        Assert.True(Measured("livechat.heads.checked") >= 4, "Two sessions were looked at in two rounds at least.");
    }

    [Fact]
    public async Task An_event_that_is_under_way_for_long_is_no_loss()
    {
        var chat = await _ann.CreateAsync(direct: null, "bob");
        await PassAsync(RoundSeconds);
        _link.Way = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await _ann.SendAsync(_ann.Message(chat, "slow") with { Id = 1_000 });
        await PassAsync(2 * RoundSeconds);
        Assert.Equal(0, Measured("livechat.heads.repaired"));
        await _node.RunAsync(() =>
        {
            _link.Way.SetResult();
            return Task.CompletedTask;
        });
        await PassAsync(RoundSeconds);
        Assert.Single(_bob.Heard.OfType<MessageCreated>(), static told => told.Body?.Text == "slow");
        Assert.Equal(0, Measured("livechat.heads.repaired"));
    }

    private async Task StartAsync()
    {
        var options = new NodeOptions
        {
            Ingest = new IngestOptions { UnansweredMessagesMax = 0, MembersMax = 8, PullAt = 4, PushBelow = 2 },
        };
        _node = await TestNode.StartAsync(
            _time, options, change: ports => ports with { Link = node => _link = new LossyLink(node) });
        _ann = await _node.ConnectAsync("ann");
        _bob = await _node.ConnectAsync("bob");
    }

    /// <summary>Lets time pass; the devices answer every ping.</summary>
    private async Task PassAsync(int seconds)
    {
        for (var passed = 0; passed < seconds; passed += 5)
        {
            await _node.TurnAsync(5);
            foreach (var device in (TestDevice[])[_ann, _bob])
            {
                device.Read();
                await device.SendAsync(new Pong());
            }
        }
    }

    private static bool Has(TestDevice device, Ack lost)
    {
        device.Read();
        return device.Heard.OfType<ChatHeadFrame>().Any(head => head.Chat == lost.Chat && head.Seq >= lost.Seq);
    }

    private long Measured(string instrument)
    {
        using var sum = new MeasuredSum(_node.Meter, instrument);
        return sum.Read();
    }

    /// <summary>The way to the sessions: the answers come, the events may not.</summary>
    private sealed class LossyLink(INodeLink node) : INodeLink
    {
        public bool Loses { get; set; }

        /// <summary>Until this is done nothing comes through.</summary>
        public TaskCompletionSource? Way { get; set; }

        public async ValueTask HandAsync(HandOver handOver, CancellationToken cancellationToken)
        {
            if (Way is { } way) await way.Task;
            await node.HandAsync(Loses ? handOver with { Event = null } : handOver, cancellationToken);
        }

        public void Sign(Sign sign) => node.Sign(sign);
    }
}
