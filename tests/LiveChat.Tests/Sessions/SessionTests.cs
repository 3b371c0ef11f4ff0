using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Sessions;

/// <summary>What two people and their devices see of a node, without sockets.</summary>
public sealed class SessionTests
{
    [Fact]
    public async Task Two_people_chat()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var bob = await node.ConnectAsync("bob");
        var chat = await ann.CreateAsync("bob");
        Assert.Equal(["ann", "bob"], (await bob.NextAsync<ChatCreated>()).Members);

        var ack = await ann.AckAsync(ann.Message(chat, "hello"));
        Assert.Equal(2, ack.Seq);
        Assert.False(ack.Duplicate);
        var heard = await bob.NextAsync<MessageCreated>();
        Assert.Equal(("hello", "ann", 2L, 1L), (heard.Body!.Text, heard.Sender, heard.Seq, heard.N));
        Assert.Equal(ack.Id, heard.Id);

        await bob.AckAsync(bob.Message(chat, "hi"));
        Assert.Equal("hi", (await ann.NextAsync<MessageCreated>(message => message.Sender == "bob")).Body!.Text);
    }

    [Fact]
    public async Task Commands_of_one_session_keep_their_order()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var bob = await node.ConnectAsync("bob");
        var chat = await ann.CreateAsync("bob");
        for (var i = 0; i < 40; i++) await ann.SendAsync(ann.Message(chat, $"m{i}"));
        for (var i = 0; i < 40; i++)
        {
            var message = await bob.NextAsync<MessageCreated>();
            Assert.Equal(($"m{i}", i + 2L), (message.Body!.Text, message.Seq));
        }
    }

    [Fact]
    public async Task A_repeated_command_has_its_effect_once()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        var message = ann.Message(chat, "once");
        var first = await ann.AckAsync(message);
        var again = await ann.AckAsync(message);
        Assert.True(again.Duplicate);
        Assert.Equal((first.Id, first.Seq), (again.Id, again.Seq));

        var other = await ann.ProblemAsync(message with { Body = new MessageBody { Text = "twice" } });
        Assert.Equal(ErrorCode.DuplicateMismatch, other.Code);
    }

    [Fact]
    public async Task Both_who_create_a_direct_chat_get_the_same_one()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var bob = await node.ConnectAsync("bob");
        var made = await Task.WhenAll(ann.CreateAsync("bob"), bob.CreateAsync("ann"));
        Assert.Equal(made[0], made[1]);
        Assert.Equal(made[0], await bob.CreateAsync("ann"));
    }

    [Fact]
    public async Task Whoever_is_no_member_finds_nothing()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var eve = await node.ConnectAsync("eve");
        var chat = await ann.CreateAsync("bob");
        await ann.AckAsync(ann.Message(chat, "secret"));
        foreach (var target in new[] { chat, "4242" })
        {
            Assert.Equal(ErrorCode.NotFound, (await eve.ProblemAsync(eve.Message(target, "x"))).Code);
            Assert.Equal(
                ErrorCode.NotFound, (await eve.ProblemAsync(new Mark { Chat = target, Read = 1 })).Code);
            Assert.Equal(ErrorCode.NotFound, (await eve.ProblemAsync(new HistoryGet { Chat = target })).Code);
        }

        Assert.DoesNotContain(eve.Heard, frame => frame is ChatEvent);
    }

    [Fact]
    public async Task Whoever_is_removed_is_told_and_then_hears_nothing()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var bob = await node.ConnectAsync("bob");
        var chat = await ann.CreateAsync(null, "bob", "cid");
        await ann.AckAsync(new MemberRemove { Chat = chat, ClientId = ann.Key(), User = "bob" });
        Assert.Equal("bob", (await bob.NextAsync<MemberRemoved>()).User);
        await ann.AckAsync(ann.Message(chat, "without bob"));
        Assert.Equal(ErrorCode.NotFound, (await bob.ProblemAsync(bob.Message(chat, "still here?"))).Code);
        Assert.DoesNotContain(bob.Heard, frame => frame is MessageCreated);
    }

    [Fact]
    public async Task Edits_and_reactions_are_told_without_content_to_who_came_later()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var cid = await node.ConnectAsync("cid");
        var chat = await ann.CreateAsync(null, "bob");
        var message = await ann.AckAsync(ann.Message(chat, "before"));
        await ann.AckAsync(new MemberAdd { Chat = chat, ClientId = ann.Key(), Users = ["cid"] });
        await ann.AckAsync(new MessageEdit
        {
            Chat = chat,
            ClientId = ann.Key(),
            Target = message.Seq,
            Body = new MessageBody { Text = "edited" },
        });
        Assert.Null((await cid.NextAsync<MessageEdited>()).Body);
        Assert.Equal("edited", Assert.Single(ann.Heard.OfType<MessageEdited>()).Body!.Text);
    }

    [Fact]
    public async Task A_large_group_gets_heads_and_pulls()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var u1 = await node.ConnectAsync("u1");
        var chat = await ann.CreateAsync(null, [.. Enumerable.Range(0, 60).Select(i => $"u{i}")]);
        var ack = await ann.AckAsync(ann.Message(chat, "to many"));
        Assert.True((await u1.NextAsync<ChatHeadFrame>(head => head.Seq >= ack.Seq)).N >= 1);
        Assert.DoesNotContain(u1.Heard, frame => frame is ChatEvent);

        var page = Assert.IsType<Page>(await u1.AskAsync(
            new HistoryGet { Chat = chat, AfterSeq = 0, View = "events", MinSeq = ack.Seq }));
        Assert.Equal([1L, 2L], page.Items.Select(item => item.Seq));
    }

    [Fact]
    public async Task A_mark_is_answered_and_told_to_the_other_and_to_the_own_devices()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var bob = await node.ConnectAsync("bob");
        var phone = await node.ConnectAsync("bob");
        var chat = await ann.CreateAsync("bob");
        var sent = await ann.AckAsync(ann.Message(chat, "read me"));
        var marked = await bob.AckAsync(new Mark { Chat = chat, Read = sent.Seq });
        Assert.Equal(sent.Seq, marked.Seq);
        var receipt = Assert.Single((await ann.NextAsync<Receipts>()).Items);
        Assert.Equal(("bob", sent.Seq, sent.Seq), (receipt.User, receipt.Read!.Value, receipt.Delivered!.Value));
        var own = Assert.Single((await phone.NextAsync<Receipts>()).Items);
        Assert.Equal(("bob", sent.Seq, 1L), (own.User, own.Read!.Value, own.ReadN!.Value));

    }

    [Fact]
    public async Task A_mark_above_the_head_means_the_head()
    {
        await using var node = await TestNode.StartAsync();
        var (ann, bob) = (await node.ConnectQuietlyAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync("bob");
        await ann.AckAsync(ann.Message(chat, "one"));
        var last = await ann.AckAsync(ann.Message(chat, "two"));
        foreach (var above in (long[])[last.Seq + 1, Limits.SeqMax])
            Assert.Equal(last.Seq, (await bob.AckAsync(new Mark { Chat = chat, Read = above })).Seq);
        var receipt = Assert.Single((await ann.NextAsync<Receipts>()).Items);
        Assert.Equal((last.Seq, last.Seq, 2L), (receipt.Read!.Value, receipt.Delivered!.Value, receipt.ReadN!.Value));
        var listed = Assert.Single(Assert.IsType<ChatList>(await bob.AskAsync(new ChatsGet())).Items);
        Assert.Equal((last.Seq, 0L), (listed.ReadSeq, listed.Unread));

        // What comes later is not read by it.
        await ann.AckAsync(ann.Message(chat, "three"));
        Assert.True(await node.Node.CatchUpAsync(CancellationToken.None));
        Assert.Equal(1, Assert.Single(Assert.IsType<ChatList>(await bob.AskAsync(new ChatsGet())).Items).Unread);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(60, false)]
    [InlineData(60, true)]
    public async Task A_read_mark_reaches_all_own_devices_however_large_the_chat_and_full_their_outboxes(
        int others, bool isFull)
    {
        await using var node = await TestNode.StartAsync();
        var (ann, bob, phone) =
            (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync(
            null, ["bob", .. Enumerable.Range(1, others - 1).Select(static i => $"u{i}")]);
        for (var i = 0; i < 3; i++) await ann.AckAsync(ann.Message(chat, "read me"));
        if (isFull) phone.Connection.Outbox.PostAnswer(OwnSettingsTests.LargeFrame());
        for (var seq = 2; seq <= 4; seq++)
        {
            await bob.AckAsync(new Mark { Chat = chat, Read = seq });
            if (!isFull || seq == 4) await phone.NextAsync<Receipts>(one => one.Items[^1].Read == seq);
        }

        Assert.All(phone.Heard.OfType<Receipts>(), static one => Assert.Equal("bob", Assert.Single(one.Items).User));
        Assert.Equal(3, phone.Heard.OfType<Receipts>().Last().Items[0].ReadN);

        // What waited was raised where it stood. The turns of the receipts, one a second, may tell it once more.
        var told = phone.Heard.OfType<Receipts>().Count();
        if (isFull) Assert.InRange(told, 1, 2);
        else Assert.InRange(told, 3, 6);
        await ann.AckAsync(ann.Message(chat, "last"));
        Assert.Equal(others == 1, ann.Heard.OfType<Receipts>().Any());
    }

    [Fact]
    public async Task A_read_mark_whose_write_was_answered_at_the_second_try_reaches_the_own_devices()
    {
        await using var node = await TestNode.StartAsync(
            change: static ports => ports with { Users = new ForgetfulUsers(ports.Users) });
        var (ann, bob, phone) =
            (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync("bob");
        await ann.AckAsync(ann.Message(chat, "read me"));
        await bob.AckAsync(new Mark { Chat = chat, Read = 2 });
        var told = Assert.Single((await phone.NextAsync<Receipts>()).Items);
        Assert.Equal(("bob", 2L, 1L), (told.User, told.Read!.Value, told.ReadN!.Value));
    }

    [Fact]
    public async Task A_mark_that_goes_back_is_answered_and_told_to_nobody()
    {
        await using var node = await TestNode.StartAsync();
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync("bob");
        for (var i = 0; i < 5; i++) await ann.AckAsync(ann.Message(chat, "read me"));
        await bob.AckAsync(new Mark { Chat = chat, Read = 5 });
        foreach (var mark in (Mark[])[new() { Chat = chat, Read = 2 }, new() { Chat = chat, Read = 5 }])
            await bob.AckAsync(mark);
        await bob.AckAsync(new Mark { Chat = chat, Read = 6 });
        await ann.NextAsync<Receipts>(static told => told.Items[0].Read == 6);
        Assert.Equal(
            [(5L, 5L, 4L), (6L, 6L, 5L)],
            ann.Heard.OfType<Receipts>().SelectMany(static told => told.Items)
                .Select(static item => (item.Read!.Value, item.Delivered!.Value, item.ReadN!.Value)));
    }

    [Fact]
    public async Task Nothing_is_told_of_marks_from_before_a_stay()
    {
        await using var node = await TestNode.StartAsync();
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var chat = await ann.CreateAsync(null, "bob");
        for (var i = 0; i < 5; i++) await ann.AckAsync(ann.Message(chat, "before"));
        var eve = await node.ConnectAsync("eve");
        var from = (await ann.AckAsync(
            new MemberAdd { Chat = chat, ClientId = ann.Key(), Users = ["eve"] })).Seq;

        // Below her stay it is neither progress nor hers to learn how many messages there were.
        Assert.Equal(from, (await eve.AckAsync(new Mark { Chat = chat, Read = 3, Delivered = 3 })).Seq);
        await bob.AckAsync(new Mark { Chat = chat, Read = 3 });
        Assert.Equal(2, Assert.Single((await ann.NextAsync<Receipts>()).Items).ReadN);
        await eve.AckAsync(new Mark { Chat = chat, Read = from });
        Assert.Equal("eve", Assert.Single((await ann.NextAsync<Receipts>()).Items).User);
        Assert.Equal("eve", Assert.Single((await eve.NextAsync<Receipts>()).Items).User);
        Assert.Single(eve.Heard.OfType<Receipts>());
    }

    [Fact]
    public async Task Typing_is_shown_to_the_others()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var bob = await node.ConnectAsync("bob");
        var chat = await ann.CreateAsync("bob");
        await ann.SendAsync(new Typing { Chat = chat, On = true });
        Assert.Equal(["ann"], (await bob.NextAsync<TypingUpdate>()).Users);
        await ann.SendAsync(new Typing { Chat = chat, On = false });
        Assert.Empty((await bob.NextAsync<TypingUpdate>()).Users);
    }

    [Fact]
    public async Task A_nearly_full_disk_refuses_sends_and_reads_go_on()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        var kept = await ann.AckAsync(ann.Message(chat, "kept"));
        node.Log.IsFull = true;
        var message = ann.Message(chat, "later");
        var refused = await ann.ProblemAsync(message);
        Assert.Equal(ErrorCode.Unavailable, refused.Code);
        Assert.True(refused.Retryable);
        var page = Assert.IsType<Page>(await ann.AskAsync(new HistoryGet { Chat = chat, MinSeq = kept.Seq }));
        Assert.Equal(kept.Seq, page.HeadSeq);

        node.Log.IsFull = false;
        Assert.Equal(kept.Seq + 1, (await ann.AckAsync(message)).Seq);
    }

    [Fact]
    public async Task A_draining_node_finishes_says_goodbye_and_takes_nothing_new()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        for (var i = 0; i < 10; i++) await ann.SendAsync(ann.Message(chat, $"m{i}") with { Id = (uint)(100 + i) });
        await node.Node.DrainAsync(CancellationToken.None);
        var goodbye = await ann.GoodbyeAsync();
        Assert.Equal((int)CloseCode.Draining, goodbye.Code);
        Assert.NotNull(goodbye.AfterMs);
        Assert.Equal(10, ann.Heard.Count(frame => frame is Ack { Re: >= 100 }));
        Assert.Null(node.Node.TryOpen());
    }
}
