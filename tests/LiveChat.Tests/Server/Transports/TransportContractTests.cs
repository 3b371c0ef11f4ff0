using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server.Backend;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Server.Transports;

/// <summary>What a session does is the same over every transport.</summary>
public sealed class TransportContractTests(ServerWithKey shared) : IClassFixture<ServerWithKey>
{
    private readonly TestServer _server = shared.Server;

    public static TheoryData<string> Names => TransportDevice.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Two_people_chat(string transport)
    {
        var (annId, bobId) = ($"ann.{transport}", $"bob.{transport}");
        await using var ann = await TransportDevice.ConnectAsync(_server, transport, annId);
        await using var bob = await TransportDevice.ConnectAsync(_server, transport, bobId);
        Assert.Equal((annId, "fresh"), (ann.Ready.User, ann.Ready.Resume));
        var chat = await ann.DirectAsync(bobId);
        await bob.NextAsync<ChatCreated>();
        var sent = await ann.AckAsync(TestSocket.Message(chat, "hello"));
        var heard = await bob.NextAsync<MessageCreated>();
        Assert.Equal((sent.Id, sent.Seq, "hello"), (heard.Id, heard.Seq, heard.Body!.Text));

        await bob.AckAsync(new Mark { Chat = chat, Read = sent.Seq });
        var receipt = await ann.NextAsync<Receipts>(receipts => receipts.Items[0].User == bobId);
        Assert.Equal(sent.Seq, receipt.Items[0].Read);
        await bob.SendAsync(new Typing { Chat = chat, On = true });
        Assert.Equal([bobId], (await ann.NextAsync<TypingUpdate>()).Users);
        var page = Assert.IsType<Page>(await bob.AskAsync(new HistoryGet { Chat = chat, MinSeq = sent.Seq }));
        Assert.Equal(sent.Seq, page.Items[^1].Seq);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Frames_that_come_in_one_message_are_taken_in_their_order(string transport)
    {
        await using var ann = await TransportDevice.ConnectAsync(_server, transport, $"order.{transport}");
        var chat = await ann.DirectAsync($"other.{transport}");
        ClientFrame[] frames =
        [
            .. Enumerable.Range(100, 10).Select(i => TestSocket.Message(chat, $"{i}") with { Id = (uint)i }),
        ];
        await ann.SendAsync(frames);
        var seqs = new List<long>();
        for (var i = 100u; i < 110; i++) seqs.Add((await ann.NextAsync<Ack>(ack => ack.Re >= 100)).Seq);
        Assert.Equal(Enumerable.Range((int)seqs[0], 10).Select(static seq => (long)seq), seqs);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_bad_frame_is_answered_and_ends_nothing(string transport)
    {
        await using var ann = await TransportDevice.ConnectAsync(_server, transport, $"bad.{transport}");
        foreach (var (frame, code) in ((string, string)[])[
            ("""{"type":"dance","id":70,"data":{}}""", ErrorCode.UnknownType),
            ("""{"type":"chats","id":71,"data":{]}""", ErrorCode.BadRequest),
            ("""{"type":"chats","id":72,"data":{"limit":0}}""", ErrorCode.ValidationFailed),
            ("""{"type":"connect","id":73,"data":{"token":"x"}}""", ErrorCode.BadRequest)])
        {
            await ann.SendAsync(frame);
            Assert.Equal(code, (await ann.NextAsync<ErrorFrame>()).Problem.Code);
        }

        Assert.IsType<ChatList>(await ann.AskAsync(new ChatsGet()));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_token_that_is_refused_is_told_why_and_how_to_go_on(string transport)
    {
        await using var nobody = await TransportDevice.OpenAsync(_server, transport);
        await nobody.SendAsync(new Connect { Id = 1, Token = "no token" });
        var heard = await nobody.ReadToEndAsync();
        Assert.Equal(ErrorCode.Unauthorized, Assert.IsType<ErrorFrame>(heard[0]).Problem.Code);
        Assert.Equal((int)CloseCode.InvalidToken, nobody.Goodbye!.Code);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_is_no_connect_opens_nothing(string transport)
    {
        foreach (var first in (string[])["""{"type":"chats","id":1}""", "nothing", "{}"])
        {
            await using var nobody = await TransportDevice.OpenAsync(_server, transport);
            await nobody.SendAsync(first);
            await nobody.ReadToEndAsync();
            Assert.Equal((int)CloseCode.BadFrame, nobody.Goodbye!.Code);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Whoever_comes_back_by_whatever_transport_is_told_what_moved(string transport)
    {
        foreach (var next in (string[])["websocket", "events", "poll"])
        {
            var (user, friend) = ($"back.{transport}.{next}", $"friend.{transport}.{next}");
            await using var bob = await TransportDevice.ConnectAsync(_server, "websocket", friend);
            var chat = await bob.DirectAsync(user);
            string? since;
            await using (var ann = await TransportDevice.ConnectAsync(_server, transport, user))
            {
                do since = Assert.IsType<Sync>(await ann.AskAsync(new SyncGet())).Since;
                while (since == "0");
            }

            var missed = await bob.AckAsync(TestSocket.Message(chat, "missed"));
            await using var again = await TransportDevice.ConnectAsync(_server, next, user, since);
            Assert.NotEqual("fresh", again.Ready.Resume);
            var page = Assert.IsType<Page>(await again.AskAsync(new HistoryGet { Chat = chat, MinSeq = missed.Seq }));
            Assert.Equal("missed", Assert.IsType<MessageCreated>(page.Items[^1]).Body!.Text);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Leaving_for_good_ends_the_session_at_once(string transport)
    {
        using var backend = shared.Backend();
        await using var ann = await TransportDevice.ConnectAsync(_server, transport, $"leaves.{transport}");
        var sessions = $"/v1/users/leaves.{transport}/sessions";
        Assert.Equal(1, (await backend.DoneAsync("GET", sessions)).GetProperty("items").GetArrayLength());
        await ann.LeaveAsync();
        while ((await backend.DoneAsync("GET", sessions)).GetProperty("items").GetArrayLength() > 0) await Task.Yield();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_session_that_is_revoked_is_told_so(string transport)
    {
        using var backend = shared.Backend();
        await using var ann = await TransportDevice.ConnectAsync(_server, transport, $"revoked.{transport}");
        await backend.DoneAsync("DELETE", $"/v1/users/revoked.{transport}/sessions/{ann.Ready.Session}");
        await ann.ReadToEndAsync();
        Assert.Equal((int)CloseCode.SessionRevoked, ann.Goodbye!.Code);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_flood_of_frames_is_told_to_wait(string transport)
    {
        await using var ann = await TransportDevice.ConnectAsync(_server, transport, $"flood.{transport}");
        await ann.SendAsync(string.Concat(Enumerable.Repeat("{\"type\":\"pong\"}\n", 3_000)));
        await ann.ReadToEndAsync();
        Assert.Equal(
            ((int)CloseCode.RateLimited, CloseRule.Of(CloseCode.RateLimited).AfterMs),
            (ann.Goodbye!.Code, ann.Goodbye.AfterMs));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task One_session_too_many_ends_an_older_one_of_its_device(string transport)
    {
        var devices = new List<TransportDevice>();
        try
        {
            for (var i = 0; i < 17; i++)
                devices.Add(await TransportDevice.ConnectAsync(_server, transport, $"many.{transport}"));
            await devices[0].ReadToEndAsync();
            Assert.Equal((int)CloseCode.ConnectionLimit, devices[0].Goodbye!.Code);
            Assert.IsType<ChatList>(await devices[16].AskAsync(new ChatsGet()));
        }
        finally
        {
            foreach (var device in devices) await device.DisposeAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_page_of_a_hundred_kilobytes_comes_whole(string transport)
    {
        await using var ann = await TransportDevice.ConnectAsync(_server, transport, $"large.{transport}");
        var chat = await ann.DirectAsync($"reader.{transport}");
        Ack last = null!;
        for (var i = 0; i < 12; i++) last = await ann.AckAsync(TestSocket.Message(chat, new string('x', 9_000)));
        var page = Assert.IsType<Page>(await ann.AskAsync(new HistoryGet { Chat = chat, MinSeq = last.Seq }));
        Assert.Equal(12 * 9_000, page.Items.OfType<MessageCreated>().Sum(static said => said.Body!.Text!.Length));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_server_that_ends_tells_when_to_come_back_and_ends_well(string transport)
    {
        await using var server = await TestServer.StartAsync(
            TestServer.NewFolder(), "--LiveChat:DrainSeconds=1");
        await using var ann = await TransportDevice.ConnectAsync(server, transport, "ann");
        var ending = server.StopAsync();
        await ann.ReadToEndAsync();
        Assert.Equal((int)CloseCode.Draining, ann.Goodbye!.Code);
        Assert.InRange(ann.Goodbye.AfterMs!.Value, 0, 1_000);
        Assert.Equal(0, await ending);
    }

    [Fact]
    public async Task The_share_of_each_transport_is_measured()
    {
        var (server, inner) = await TestServer.StartWithInternalAsync();
        await using var ending = server;
        await using var socket = await TransportDevice.ConnectAsync(server, "websocket", "ann");
        await using var events = await TransportDevice.ConnectAsync(server, "events", "bob");
        await using var poll = await TransportDevice.ConnectAsync(server, "poll", "eve");
        await using var other = await TransportDevice.ConnectAsync(server, "poll", "zoe");
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(inner, "/metrics"));
        foreach (var (transport, count) in ((string, int)[])[("websocket", 1), ("events", 1), ("poll", 2)])
            Assert.Matches(
                $"(?m)^livechat_sessions_by_transport[^ ]*transport=\"{transport}\"[^ ]* {count}\\b", metrics);
    }
}
