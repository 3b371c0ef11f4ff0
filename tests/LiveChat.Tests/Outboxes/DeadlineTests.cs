using LiveChat.Core.Ingest;
using LiveChat.Core.Nodes;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Sessions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Outboxes;

/// <summary>
/// Every deadline of a connection, while all others are far away: what is due comes not before its time, and less than
/// a second after it (the time is moved by quarters), wherever in a second the connection began.
/// </summary>
public sealed class DeadlineTests
{
    private static readonly TimeSpan Exact = TimeSpan.FromSeconds(1);
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    /// <summary>Of each: how it is called, and the seconds of it that are tried.</summary>
    public static TheoryData<string, int, double> Deadlines()
    {
        var rows = new TheoryData<string, int, double>();
        foreach (var name in Cases.Keys)
            foreach (var seconds in (int[])[2, 7, 45])
                foreach (var fraction in (double[])[0, 0.25, 0.75])
                    rows.Add(name, seconds, fraction);
        return rows;
    }

    private static Dictionary<string, Case> Cases { get; } = new()
    {
        ["connect"] = new(seconds => Far(new() { ConnectSeconds = seconds }), null, Closed(CloseCode.AuthTimeout)),
        ["token"] = new(_ => Far(new()), seconds => $"ann@@@{seconds}", Closed(CloseCode.TokenExpired)),
        ["silence"] = new(seconds => Far(new() { SilenceSeconds = seconds }), _ => "ann", Closed(CloseCode.NoPong)),
        ["grace"] = new(
            seconds => Far(new()) with { GraceSeconds = seconds }, _ => "ann", Closed(CloseCode.SlowConsumer)),
        ["warning"] = new(
            _ => Far(new()), seconds => $"ann@@@{seconds + 61}", static frame => frame is TokenExpiring),
    };

    [Theory]
    [MemberData(nameof(Deadlines))]
    public async Task Each_is_exact_to_a_second_whatever_the_others_are(string name, int seconds, double fraction)
    {
        var tried = Cases[name];
        var settings = tried.Settings(seconds);
        await using var node = await TestNode.StartAsync(_time, settings.ToNode());
        _time.Advance(TimeSpan.FromSeconds(fraction));
        var device = node.Open();
        if (tried.Token is { } token) await device.ConnectAsync(token(seconds));
        if (name == "grace") await FallBehindAsync(node, device);

        var due = TimeSpan.FromSeconds(seconds);
        var after = await TurnUntilAsync(node, device, tried.IsIt, due + Exact);
        Assert.InRange(after, due, due + Exact);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(30)]
    public async Task The_first_ping_comes_within_an_interval_and_each_other_one_interval_later(int interval)
    {
        var sessions = new SessionOptions { PingSeconds = interval, SilenceSeconds = 600, ConnectSeconds = 300 };
        await using var node = await TestNode.StartAsync(_time, new NodeOptions { Sessions = sessions });
        _time.Advance(TimeSpan.FromMilliseconds(250));
        var device = await node.ConnectAsync("ann");
        var length = TimeSpan.FromSeconds(interval);
        var first = await TurnUntilAsync(node, device, static frame => frame is Ping, length + Exact);
        Assert.InRange(first, TimeSpan.FromSeconds(1), length + Exact);
        for (var i = 0; i < 4; i++)
            Assert.Equal(length, await TurnUntilAsync(node, device, static frame => frame is Ping, length + Exact));
    }

    [Fact]
    public async Task A_token_that_takes_the_place_of_another_ends_the_session_at_its_own_end()
    {
        await using var node = await TestNode.StartAsync(_time, Far(new()).ToNode());
        var longer = await node.ConnectAsync("ann@@@40");
        var shorter = await node.ConnectAsync("bob@@@280");
        await longer.AskAsync(new Auth { Token = "ann@@@200" });
        await shorter.AskAsync(new Auth { Token = "bob@@@20" });
        await node.TurnAsync(19);
        Assert.Null(shorter.Connection.Outbox.Closed);
        await node.TurnAsync(1);
        Assert.Equal(CloseCode.TokenExpired, shorter.Connection.Outbox.Closed);
        await node.TurnAsync(179);
        Assert.Null(longer.Connection.Outbox.Closed);
        await node.TurnAsync(1);
        Assert.Equal(CloseCode.TokenExpired, longer.Connection.Outbox.Closed);
    }

    [Fact]
    public async Task A_warning_is_said_again_every_20_s_until_the_token_ends()
    {
        await using var node = await TestNode.StartAsync(_time, Far(new()).ToNode());
        var device = await node.ConnectAsync("ann@@@50");
        await node.TurnAsync(49);
        device.Read();
        Assert.Equal(3, device.Heard.OfType<TokenExpiring>().Count());
    }

    /// <summary>Options under which nothing is due for minutes.</summary>
    private static Settings Far(SessionOptions sessions)
    {
        if (sessions.ConnectSeconds == new SessionOptions().ConnectSeconds) sessions.ConnectSeconds = 300;
        if (sessions.SilenceSeconds == new SessionOptions().SilenceSeconds) sessions.SilenceSeconds = 600;
        sessions.PingSeconds = 45;
        return new Settings(sessions, 300);
    }

    private static Func<ServerFrame, bool> Closed(CloseCode code) =>
        frame => frame is Goodbye goodbye && goodbye.Code == (int)code;

    /// <summary>Fills the outbox, which nobody reads.</summary>
    private static async Task FallBehindAsync(TestNode node, TestDevice device)
    {
        var bob = await node.ConnectAsync("bob");
        var chat = await bob.CreateAsync("ann");
        while (!device.Connection.Outbox.IsBehind) await bob.AckAsync(bob.Message(chat, "more"));
    }

    /// <summary>How long it took until the device was told such a frame, which it was not told before.</summary>
    private static async Task<TimeSpan> TurnUntilAsync(
        TestNode node, TestDevice device, Func<ServerFrame, bool> isIt, TimeSpan most)
    {
        var part = TimeSpan.FromMilliseconds(250);
        for (var passed = part; passed <= most; passed += part)
        {
            await node.PartAsync();

            // One that has fallen behind must not catch up, so that it reads when it is told to go.
            if (device.Connection.Outbox is { IsBehind: true, Closed: null }) continue;
            var heard = device.Heard.Count;
            device.Read();
            if (device.Heard.Skip(heard).Any(isIt)) return passed;
        }

        Assert.Fail($"Nothing came within {most}; heard: {string.Join("; ", device.Heard)}");
        return default;
    }

    private sealed record Settings(SessionOptions Sessions, int GraceSeconds)
    {
        public NodeOptions ToNode() => new()
        {
            Sessions = Sessions,
            Ingest = new IngestOptions { UnansweredMessagesMax = 0 },
            Outbox = new OutboxOptions { FramesMax = 16, GraceSeconds = GraceSeconds },
        };
    }

    private sealed record Case(
        Func<int, Settings> Settings, Func<int, string>? Token, Func<ServerFrame, bool> IsIt);
}
