using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>Commands that want more than they may have, as one session sends them.</summary>
public sealed class AbuseTests
{
    [Fact]
    public async Task A_list_of_a_hundred_thousand_members_is_refused_without_effect()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync(null, "bob");
        var problem = await ann.ProblemAsync(new MemberAdd
        {
            Chat = chat,
            ClientId = ann.Key(),
            Users = [.. Enumerable.Range(0, 100_000).Select(i => $"user-{i}")],
        });
        Assert.Equal(ErrorCode.PayloadTooLarge, problem.Code);
        Assert.Equal(2, (await ann.AckAsync(ann.Message(chat, "next"))).Seq);
    }

    [Fact]
    public async Task What_the_server_decides_cannot_be_sent()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        await ann.SendAsync(
            "{\"type\":\"message.send\",\"id\":99,\"data\":{\"chat\":\"" + chat + "\",\"client_id\":\"" + ann.Key()
            + "\",\"sender\":\"eve\",\"seq\":999,\"n\":7,\"sent_at\":\"2000-01-01T00:00:00Z\",\"message_id\":\"1\","
            + "\"body\":{\"text\":\"x\",\"sender\":\"eve\"}}}");
        Assert.Equal(2, (await ann.NextAsync<Ack>(ack => ack.Re == 99)).Seq);
        var page = Assert.IsType<Page>(await ann.AskAsync(new HistoryGet { Chat = chat, MinSeq = 2 }));
        var message = Assert.IsType<MessageCreated>(Assert.Single(page.Items));
        Assert.Equal(("ann", 2, 1), (message.Sender, message.Seq, message.N));
        Assert.NotEqual(2000, message.SentAt.Year);
    }

    [Fact]
    public async Task A_reply_shows_nothing_of_what_its_sender_may_not_see()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var cid = await node.ConnectAsync("cid");
        var chat = await ann.CreateAsync(null, "bob");
        var secret = await ann.AckAsync(ann.Message(chat, "secret"));
        await ann.AckAsync(new MemberAdd { Chat = chat, ClientId = ann.Key(), Users = ["cid"] });
        var body = new MessageBody { Text = "what was it?", ReplyTo = secret.Seq };
        var reply = await cid.AckAsync(new MessageSend { Chat = chat, ClientId = cid.Key(), Body = body });
        foreach (var query in (HistoryGet[])
        [
            new() { Chat = chat, AroundSeq = secret.Seq, MinSeq = reply.Seq },
            new() { Chat = chat, AfterSeq = 0, View = "events", MinSeq = reply.Seq },
            new() { Chat = chat, BeforeSeq = secret.Seq + 1, MinSeq = reply.Seq },
        ])
        {
            var page = Assert.IsType<Page>(await cid.AskAsync(query));
            Assert.DoesNotContain(page.Items, item => item.Seq <= secret.Seq);
        }

        foreach (var heard in cid.Heard.OfType<MessageCreated>()) Assert.Equal(body, heard.Body);
        Assert.DoesNotContain(cid.Heard, static frame => frame.ToString().Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_position_to_resume_from_names_only_the_chats_of_who_comes_with_it()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectQuietlyAsync("ann");
        var since = (await ann.SyncAsync()).Since;
        var chat = await ann.CreateAsync("bob");
        await ann.AckAsync(ann.Message(chat, "secret"));
        Assert.True(await node.Node.CatchUpAsync(CancellationToken.None));
        foreach (var user in (string[])["eve", "eve", "mallory"])
        {
            var thief = await node.ConnectAsync(user, since);
            Assert.Null(thief.Ready.Behind);
            Assert.Empty((await thief.SyncAsync()).Items);
        }

        var again = await node.ConnectAsync("ann", since);
        Assert.Equal(chat, Assert.Single(again.Ready.Behind!).Chat);
    }

    [Theory]
    [InlineData("{\"$ne\":\"1\"}")]
    [InlineData("[\"1\"]")]
    [InlineData("true")]
    [InlineData("1")]
    public async Task An_object_where_a_string_is_due_is_a_bad_request(string value)
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        await ann.SendAsync("{\"type\":\"history\",\"id\":9,\"data\":{\"chat\":" + value + "}}");
        Assert.Equal(ErrorCode.BadRequest, (await ann.NextAsync<ErrorFrame>()).Problem.Code);
        await ann.CreateAsync("bob");
    }
}
