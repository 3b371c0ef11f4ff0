using LiveChat.Core.Ingest;
using LiveChat.Core.Nodes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>
/// Malformed, oversized, unauthorised, unknown, out of order: a clear error with a stable code, the node up, nobody
/// else affected.
/// </summary>
public sealed class BadInputTests
{
    [Theory]
    [InlineData("""{"type":"pong"}""", CloseCode.BadFrame)]
    [InlineData("""{"type":"mark","id":1,"data":{"chat":"1","read":1}}""", CloseCode.BadFrame)]
    [InlineData("not json", CloseCode.BadFrame)]
    [InlineData("""{"type":"connect","id":1,"data":{}}""", CloseCode.BadFrame)]
    [InlineData("""{"type":"connect","id":1,"data":{"token":"ann","device":"a b"}}""", CloseCode.BadFrame)]
    [InlineData("""{"type":"connect","id":1,"data":{"token":"no token"}}""", CloseCode.InvalidToken)]
    [InlineData("""{"type":"connect","id":1,"data":{"token":"expired"}}""", CloseCode.TokenExpired)]
    public async Task A_first_frame_that_is_no_good_connect_closes_the_connection(string frame, CloseCode code)
    {
        await using var node = await TestNode.StartAsync();
        var device = node.Open();
        await device.SendAsync(frame);
        Assert.Equal((int)code, (await device.GoodbyeAsync()).Code);
        await AssertUpAsync(node);
    }

    /// <summary>A bad frame, and the code of the answer; none where there is no number to answer.</summary>
    public static TheoryData<string, string?> BadFrames() => new()
    {
        { """{"type":"connect","id":9,"data":{"token":"eve"}}""", ErrorCode.BadRequest },
        { """{"type":"connect","data":{"token":"eve"}}""", null },
        { """{"type":"poke","id":9,"data":{"who":"bob"}}""", ErrorCode.UnknownType },
        { """{"type":"poke","data":{"who":"bob"}}""", null },
        { """{"id":9}""", ErrorCode.BadRequest },
        { """{"id":9,"type":7}""", ErrorCode.BadRequest },
        { """{"type":"sync","id":0}""", null },
        { """{"type":"sync","id":9,"id":9}""", null },
        { """{"type":"sync","id":9,"data":{},"data":{}}""", ErrorCode.BadRequest },
        { """{"type":"chats","id":9,"data":{"cursor":"\ud800"}}""", ErrorCode.BadRequest },
        { """{"type":"chats","data":{"cursor":"\ud800"}}""", null },
        { """{"type":"chats","id":9,"data":{"cursor":"\ud800""", ErrorCode.BadRequest },
        { """{"type":"chats","id":9,"data":{"limit":NaN}}""", ErrorCode.BadRequest },
        { """{"\ud800":1,"type":"pong","id":9}""", null },
        { """{"id":9,"\ud800":1,"type":"pong"}""", ErrorCode.BadRequest },
        { """{"type":"typing","data":{"chat":null,"on":true}}""", null },
        { """{"type":"typing","id":9,"data":{"chat":null,"on":true}}""", ErrorCode.BadRequest },
        { """{"type":"typing","data":{"chat":"x","on":true}}""", null },
        { """{"type":"typing","id":9,"data":{"chat":"x","on":true}}""", ErrorCode.ValidationFailed },
        { """{"type":"mark","data":{"chat":"1","read":0}}""", null },
        { """{"type":"mark","id":9,"data":{"chat":"1","read":9007199254740993}}""", ErrorCode.ValidationFailed },
        { """{"type":"message.send","data":{"chat":7}}""", null },
        { """{"type":"pong"}{"type":"pong"}""", null },
        { "not json", null },
        { "{", null },
        { "[]", null },
        { "null", null },
        { "\uFEFF{\"type\":\"pong\",\"id\":9}", null },
    };

    [Theory]
    [MemberData(nameof(BadFrames))]
    public async Task A_bad_frame_is_answered_where_it_has_a_number_and_never_ends_the_session(
        string frame, string? code)
    {
        await using var node = await TestNode.StartAsync();
        using var dropped = new MeasuredSum(node.Meter, "livechat.frames.dropped");
        var ann = await node.ConnectAsync("ann");
        await ann.SendAsync(frame);
        await ann.CreateAsync("bob");
        var answers = ann.Heard.OfType<ErrorFrame>().Select(static answer => (answer.Re, answer.Problem.Code));
        if (code is null) Assert.Empty(answers);
        else Assert.Equal([(9u, code)], answers);
        Assert.Equal(code is null ? 1 : 0, dropped.Read());
    }

    [Fact]
    public async Task A_flood_of_bad_frames_is_closed_with_a_code_that_lets_the_client_come_back()
    {
        await using var node = await TestNode.StartAsync(
            options: new NodeOptions { Sessions = new SessionOptions { FramesPerSecond = 1, FramesBurst = 10 } });
        var ann = await node.ConnectAsync("ann");
        for (var i = 0; i < 20; i++) await ann.SendAsync("{");
        Assert.Equal((int)CloseCode.RateLimited, (await ann.GoodbyeAsync()).Code);
        await AssertUpAsync(node);
    }

    [Theory]
    [InlineData("""{"type":"message.send","id":9,"data":{"chat":7}}""")]
    [InlineData("""{"type":"message.send","id":9,"data":{}}""")]
    [InlineData("""{"type":"message.send","id":9,"data":{"chat":"1","client_id":"x","body":null}}""")]
    public async Task A_malformed_command_is_answered_and_the_session_stays(string frame)
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        await ann.SendAsync(frame);
        var answer = await ann.NextAsync<ErrorFrame>();
        Assert.Equal((9u, ErrorCode.BadRequest), (answer.Re!.Value, answer.Problem.Code));
        Assert.False(answer.Problem.Retryable);
        await ann.CreateAsync("bob");
    }

    [Fact]
    public async Task A_command_that_breaks_a_rule_names_the_field()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var problem = await ann.ProblemAsync(ann.Message("nonsense", "x"));
        Assert.Equal(ErrorCode.ValidationFailed, problem.Code);
        Assert.Equal("/chat", Assert.Single(problem.Errors!).Pointer);
    }

    [Fact]
    public async Task A_target_that_does_not_exist_is_not_found()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        var problem = await ann.ProblemAsync(
            new MessageDelete { Chat = chat, ClientId = ann.Key(), Target = 77 });
        Assert.Contains(problem.Code, new[] { ErrorCode.NotFound, ErrorCode.Unavailable });
    }

    /// <summary>History is looked at, which may be a moment behind: the limit may come a few late.</summary>
    [Fact]
    public async Task A_user_sets_only_so_many_emojis_on_a_message_and_may_always_change_those()
    {
        await using var node = await TestNode.StartAsync(options: new NodeOptions
        {
            Rates = new RateOptions { UserBurst = 10_000, ChatBurst = 10_000, ReadRowsBurst = 1_000_000 },
            Sessions = new SessionOptions { FramesBurst = 10_000 },
            Ingest = new IngestOptions { UnansweredMessagesMax = 0 },
        });
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        await ann.AckAsync(ann.Message(chat, "one"));
        ReactionSet React(int emoji, bool on = true) =>
            new() { Chat = chat, ClientId = ann.Key(), Target = 2, Emoji = $":{emoji}:", On = on };
        var set = 0;
        while (set < 2 * Limits.EmojisByUserMax && await ann.AskAsync(React(set)) is Ack) set++;

        Assert.InRange(set, Limits.EmojisByUserMax, (2 * Limits.EmojisByUserMax) - 1);
        var problem = await ann.ProblemAsync(React(set));
        Assert.Equal(ErrorCode.ValidationFailed, problem.Code);
        Assert.Equal(new FieldProblem("/emoji", "too_many"), Assert.Single(problem.Errors!));
        for (var above = 0; above <= set - Limits.EmojisByUserMax; above++) await ann.AckAsync(React(above, on: false));
        Assert.True(await node.Node.CatchUpAsync(CancellationToken.None)); // The limit is history's.
        await ann.AckAsync(React(0));
        Assert.True(await node.Node.CatchUpAsync(CancellationToken.None));
        await ann.ProblemAsync(React(set));
        var bob = await node.ConnectAsync("bob");
        await bob.AckAsync(React(set) with { ClientId = bob.Key() });
    }

    [Fact]
    public async Task A_flood_of_frames_closes_only_the_one_who_sends_it()
    {
        await using var node = await TestNode.StartAsync(
            options: new NodeOptions { Sessions = new SessionOptions { FramesPerSecond = 1, FramesBurst = 10 } });
        var ann = await node.ConnectAsync("ann");
        for (var i = 0; i < 20; i++) await ann.SendAsync("""{"type":"pong"}""");
        var goodbye = await ann.GoodbyeAsync();
        Assert.Equal((int)CloseCode.RateLimited, goodbye.Code);
        Assert.NotNull(goodbye.AfterMs);
        await AssertUpAsync(node);
    }

    [Fact]
    public async Task Too_many_messages_are_refused_with_a_time_to_wait()
    {
        await using var node = await TestNode.StartAsync(
            options: new NodeOptions { Rates = new RateOptions { UserPerSecond = 1, UserBurst = 2 } });
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        await ann.AckAsync(ann.Message(chat, "one"));
        var problem = await ann.ProblemAsync(ann.Message(chat, "two"));
        Assert.Equal(ErrorCode.RateLimited, problem.Code);
        Assert.True(problem.Retryable);
        Assert.InRange(problem.RetryAfterMs!.Value, 1, 1_000);
    }

    [Fact]
    public async Task Whoever_connects_again_and_again_is_told_to_wait_and_others_are_let_in()
    {
        await using var node = await TestNode.StartAsync(
            options: new NodeOptions { Rates = new RateOptions { RequestsPerSecond = 1, RequestsBurst = 2 } });
        await node.ConnectAsync("ann");
        await node.ConnectAsync("ann");

        var again = node.Open();
        await again.SendAsync(new Connect { Id = 1, Token = "ann" });
        Assert.Equal(ErrorCode.RateLimited, (await again.NextAsync<ErrorFrame>()).Problem.Code);
        Assert.Equal((int)CloseCode.RateLimited, (await again.GoodbyeAsync()).Code);
        await node.ConnectAsync("bob");
    }

    [Fact]
    public async Task The_rate_is_the_users_over_all_devices_and_all_chats_old_and_new()
    {
        await using var node = await TestNode.StartAsync(
            options: new NodeOptions { Rates = new RateOptions { UserPerSecond = 1, UserBurst = 10 } });
        TestDevice[] devices =
            [await node.ConnectAsync("ann"), await node.ConnectAsync("ann"), await node.ConnectAsync("ann")];
        var refused = 0;
        for (var i = 0; i < 30; i++)
        {
            var device = devices[i % devices.Length];
            var create = new ChatCreate { ClientId = device.Key(), Direct = $"friend{i}" };
            if (await device.AskAsync(create) is ErrorFrame { Problem.Code: ErrorCode.RateLimited }) refused++;
        }

        // The burst, and what came back while they were sent.
        Assert.InRange(refused, 10, 20);
        await AssertUpAsync(node);
    }

    [Fact]
    public async Task A_message_counts_for_what_all_members_are_sent_of_it()
    {
        var rates = new RateOptions { ChatPerSecond = 1, ChatBurst = 10 };
        var ingest = new IngestOptions { UnansweredMessagesMax = 0 };
        await using var node = await TestNode.StartAsync(options: new NodeOptions { Rates = rates, Ingest = ingest });
        var ann = await node.ConnectAsync("ann");
        var small = await ann.CreateAsync("bob");
        var large = await ann.CreateAsync(null, [.. Enumerable.Range(0, 200).Select(i => $"u{i}")]);
        var text = new string('x', 4_000);
        for (var i = 0; i < 5; i++) await ann.AckAsync(ann.Message(small, text));
        await ann.AckAsync(ann.Message(large, text));
        var problem = await ann.ProblemAsync(ann.Message(large, text));
        Assert.Equal(ErrorCode.RateLimited, problem.Code);
        Assert.InRange(problem.RetryAfterMs!.Value, 5_000, 10_000);
    }

    [Fact]
    public async Task Strangers_cannot_use_up_the_rate_of_a_chat()
    {
        var rates = new RateOptions { ChatPerSecond = 1, ChatBurst = 3, StrangerPerSecond = 1, StrangerBurst = 2 };
        await using var node = await TestNode.StartAsync(options: new NodeOptions { Rates = rates });
        var ann = await node.ConnectAsync("ann");
        var eve = await node.ConnectAsync("eve");
        var chat = await ann.CreateAsync("bob");
        Assert.Equal(ErrorCode.NotFound, (await eve.ProblemAsync(eve.Message(chat, "x"))).Code);
        Assert.Equal(ErrorCode.NotFound, (await eve.ProblemAsync(eve.Message(chat, "x"))).Code);
        Assert.Equal(ErrorCode.RateLimited, (await eve.ProblemAsync(eve.Message(chat, "x"))).Code);
        await ann.AckAsync(ann.Message(chat, "one"));
        await ann.AckAsync(ann.Message(chat, "two"));
    }

    private static async Task AssertUpAsync(TestNode node)
    {
        var other = await node.ConnectAsync("other");
        var chat = await other.CreateAsync("friend");
        await other.AckAsync(other.Message(chat, "still here"));
    }
}
