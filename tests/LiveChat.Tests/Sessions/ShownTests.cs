using System.Diagnostics.Metrics;
using LiveChat.Core.Identities;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>
/// What is shown of a user to others ends when its cause goes, by every way in which it can go: each kind of state by
/// each way. The time is moved by hand; bob's token lives for half a minute, and he has one device.
/// </summary>
public sealed class ShownTests
{
    private const string Leaves = "leaves the chat";
    private const string Removed = "is removed from the chat";
    private const string Lost = "loses the connection";
    private const string TokenEnds = "has a token that runs out";
    private static readonly UserId Bob = UserId.Parse("brief.bob");

    private static readonly Dictionary<string, Func<Stage, Task>> Ways = new()
    {
        [Leaves] = static stage => stage.RemoveAsync(stage.Bob),
        [Removed] = static stage => stage.RemoveAsync(stage.Ann),
        [Lost] = static stage => stage.Bob.DisposeAsync().AsTask(),
        [TokenEnds] = static stage => stage.Node.TurnAsync(4),
        ["closes the last device"] = static stage =>
        {
            stage.Bob.Connection.Leave();
            return Task.CompletedTask;
        },
        ["is disabled"] = static async stage =>
            await stage.Node.Node.Revocations.ChangeUserAsync(Bob, new UserChange { IsDisabled = true }, default),
        ["is revoked"] = static stage => stage.Node.Node.Revocations.RevokeUserAsync(Bob, default).AsTask(),
        ["loses the right of the device"] = static stage =>
            stage.Node.Node.Revocations.RevokeDeviceAsync(Bob, "d1", default).AsTask(),
        ["loses the right of the session"] = static async stage => Assert.Null(
            await stage.Node.Node.Revocations.RevokeSessionAsync(Bob, stage.Bob.Connection.Session!.Id, default)),
    };

    public static TheoryData<string> AllWays => [.. Ways.Keys];

    [Theory]
    [MemberData(nameof(AllWays))]
    public async Task Typing_ends_at_once(string way)
    {
        await using var stage = await Stage.BeginAsync(way);
        await stage.Bob.SendAsync(new Typing { Chat = stage.Chat, On = true });
        foreach (var other in stage.Others)
            Assert.Equal([Bob.Value], (await other.NextAsync<TypingUpdate>()).Users);

        await Ways[way](stage);
        foreach (var other in stage.Others)
        {
            await other.AskAsync(new PresenceSet()); // What was told before the answer is there with it.
            Assert.Empty(other.Heard.OfType<TypingUpdate>().Last().Users);
        }
    }

    /// <summary>A request has no session that could end.</summary>
    [Fact]
    public async Task Typing_of_a_request_ends_when_the_user_is_disabled_or_after_its_time()
    {
        await using var stage = await Stage.BeginAsync("");
        foreach (var isDisabled in (bool[])[false, true])
        {
            await stage.Node.Node.AskAsync(
                Bob, new Typing { Chat = stage.Chat, On = true }, isByServerKey: true, CancellationToken.None);
            Assert.Equal([Bob.Value], (await stage.Ann.NextAsync<TypingUpdate>()).Users);
            if (isDisabled)
                await stage.Node.Node.Revocations.ChangeUserAsync(Bob, new UserChange { IsDisabled = true }, default);
            else
                await stage.Node.TurnAsync(8);
            Assert.Empty((await stage.Ann.NextAsync<TypingUpdate>()).Users);
        }
    }

    /// <summary>Who left is no longer watched; whoever is gone is told of as offline; a lost device is waited for.
    /// </summary>
    [Theory]
    [MemberData(nameof(AllWays))]
    public async Task Presence_ends_within_two_turns_but_for_a_connection_that_may_come_back(string way)
    {
        await using var stage = await Stage.BeginAsync(way);
        await stage.Node.TurnAsync(1);
        var now = await stage.Ann.AskAsync(new PresenceWatching { Chat = stage.Chat, Users = [Bob.Value] });
        Assert.True(Assert.Single(Assert.IsType<PresenceList>(now).Items).Online);

        await Ways[way](stage);
        if (way is Leaves or Removed)
        {
            // Not after a return either, unless somebody watches again.
            await stage.Ann.AckAsync(
                new MemberAdd { Chat = stage.Chat, ClientId = stage.Ann.Key(), Users = [Bob.Value] });
            stage.Bob.Connection.Leave();
            await stage.Node.TurnAsync(3);
            Assert.Empty(await stage.ToldAsync<PresenceChanged>());
            return;
        }

        if (way is Lost)
        {
            await stage.Node.TurnAsync(10);
            Assert.Empty(await stage.ToldAsync<PresenceChanged>());
            await stage.Node.Node.Revocations.ChangeUserAsync(Bob, new UserChange { IsDisabled = true }, default);
        }

        await stage.Node.TurnAsync(2);
        Assert.False(Assert.Single(await stage.ToldAsync<PresenceChanged>()).Online);
    }

    [Theory]
    [MemberData(nameof(AllWays))]
    public async Task A_watch_ends_at_once(string way)
    {
        await using var stage = await Stage.BeginAsync(way);
        await stage.Bob.AskAsync(new PresenceWatching { Chat = stage.Chat, Users = ["ann", "cat"] });
        Assert.Equal(2, stage.Watched());

        await Ways[way](stage);
        Assert.Equal(0, stage.Watched());
    }

    /// <summary>A mark is told a second later, and only of who is a member then; how the session ended is no matter.
    /// </summary>
    [Theory]
    [MemberData(nameof(AllWays))]
    public async Task Receipts_are_told_of_members_only(string way)
    {
        await using var stage = await Stage.BeginAsync(way);
        await stage.Ann.AckAsync(stage.Ann.Message(stage.Chat, "read it"));
        await stage.Bob.SendAsync(new Mark { Chat = stage.Chat, Read = 2 });
        await Ways[way](stage);
        await stage.Node.TurnAsync(2);
        var receipts = await stage.ToldAsync<Receipts>();
        if (way is Leaves or Removed) Assert.Empty(receipts);
        else Assert.Equal(2, Assert.Single(Assert.Single(receipts).Items).Read);
    }

    /// <summary>Sent by any device of the user, and told before the message.</summary>
    [Fact]
    public async Task A_message_ends_the_typing_of_its_sender_before_it_is_told_itself()
    {
        await using var stage = await Stage.BeginAsync("");
        var phone = await stage.Node.ConnectAsync(Bob.Value);
        foreach (var sender in (TestDevice[])[stage.Bob, phone])
        {
            // Two seconds apart, so that the first is no reason to hold the second one back.
            await stage.Bob.SendAsync(new Typing { Chat = stage.Chat, On = true });
            var sent = await sender.AckAsync(sender.Message(stage.Chat, "here it is"));
            foreach (var other in stage.Others)
            {
                await other.NextAsync<MessageCreated>(told => told.Seq == sent.Seq);
                var told = other.Heard.Where(frame => frame is TypingUpdate or MessageCreated).TakeLast(3).ToArray();
                Assert.Equal([Bob.Value], Assert.IsType<TypingUpdate>(told[0]).Users);
                Assert.Empty(Assert.IsType<TypingUpdate>(told[1]).Users);
                Assert.IsType<MessageCreated>(told[2]);
            }

            await stage.Node.TurnAsync(2);
        }

        // What was held back must not come up behind the message.
        await stage.Bob.SendAsync(new Typing { Chat = stage.Chat, On = true });
        await stage.Bob.SendAsync(new Typing { Chat = stage.Chat, On = false });
        await stage.Bob.SendAsync(new Typing { Chat = stage.Chat, On = true });
        await stage.Bob.AckAsync(stage.Bob.Message(stage.Chat, "and more"));
        await stage.Node.TurnAsync(3);
        foreach (var other in stage.Others)
        {
            await other.AskAsync(new PresenceSet());
            Assert.Empty(other.Heard.OfType<TypingUpdate>().Last().Users);
        }
    }

    /// <summary>Three members of a group, each on one device.</summary>
    private sealed class Stage : IAsyncDisposable
    {
        private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        private readonly MeterListener _listener = new();
        private long _watched;

        public TestNode Node { get; private set; } = null!;

        public TestDevice Ann { get; private set; } = null!;

        public TestDevice Bob { get; private set; } = null!;

        public TestDevice[] Others { get; private set; } = [];

        public string Chat { get; private set; } = "";

        public static async Task<Stage> BeginAsync(string way)
        {
            var stage = new Stage();
            stage.Node = await TestNode.StartAsync(stage._time);
            stage._listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter == stage.Node.Meter && instrument.Name == "livechat.presence.watched")
                    listener.EnableMeasurementEvents(instrument);
            };
            stage._listener.SetMeasurementEventCallback<int>((_, watched, _, _) => stage._watched = watched);
            stage._listener.Start();
            stage.Bob = await stage.Node.ConnectAsync(ShownTests.Bob.Value);
            stage.Ann = await stage.Node.ConnectAsync("ann");
            stage.Others = [stage.Ann, await stage.Node.ConnectAsync("cat")];
            stage.Chat = await stage.Ann.CreateAsync(null, ShownTests.Bob.Value, "cat");
            foreach (var device in (TestDevice[])[stage.Bob, stage.Others[1]]) await device.NextAsync<ChatCreated>();
            if (way == TokenEnds) await stage.Node.TurnAsync(27);
            return stage;
        }

        public Task<Ack> RemoveAsync(TestDevice by) => by.AckAsync(
            new MemberRemove { Chat = Chat, ClientId = by.Key(), User = ShownTests.Bob.Value });

        /// <summary>What ann was told so far.</summary>
        public async Task<T[]> ToldAsync<T>()
            where T : ServerFrame
        {
            await Ann.AskAsync(new PresenceSet());
            return [.. Ann.Heard.OfType<T>()];
        }

        public long Watched()
        {
            _listener.RecordObservableInstruments();
            return _watched;
        }

        public async ValueTask DisposeAsync()
        {
            _listener.Dispose();
            await Node.DisposeAsync();
        }
    }
}
