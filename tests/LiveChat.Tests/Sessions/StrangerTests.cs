using System.Buffers;
using System.Text;
using System.Text.Json;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Api;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>
/// What somebody learns who guesses the id of a chat: nothing, neither from the answer nor from what it costs. Counted
/// is whatever is read from the store, in reads and in bytes that are taken apart, by the request and by the workers
/// behind it.
/// </summary>
public sealed class StrangerTests
{
    private const string Nowhere = "7301";
    private static readonly string NotFound = TextOf(new ErrorFrame { Problem = Problems.Of(ErrorCode.NotFound) });
    private static readonly MessageBody Body = new() { Text = "x" };

    private static readonly Dictionary<string, Func<string, string, ClientFrame>> Commands = new()
    {
        ["history"] = static (chat, _) => new HistoryGet { Chat = chat },
        ["history as events"] = static (chat, _) => new HistoryGet { Chat = chat, View = "events", AfterSeq = 0 },
        ["chat.get"] = static (chat, _) => new ChatGet { Chat = chat },
        ["mark"] = static (chat, _) => new Mark { Chat = chat, Read = 1 },
        ["typing"] = static (chat, _) => new Typing { Chat = chat, On = true },
        ["chat.mine"] = static (chat, _) => new MineSet { Chat = chat, Pinned = true },
        ["presence.get"] = static (chat, _) => new PresenceGet { Chat = chat, Users = ["ann"] },
        ["presence.watch"] = static (chat, _) => new PresenceWatching { Chat = chat, Users = ["ann"] },
        ["chat.update"] = static (chat, key) => new ChatUpdate { Chat = chat, ClientId = key, Title = "x" },
        ["member.add"] = static (chat, key) => new MemberAdd { Chat = chat, ClientId = key, Users = ["eve"] },
        ["member.remove"] = static (chat, key) => new MemberRemove { Chat = chat, ClientId = key, User = "ann" },
        ["member.role"] = static (chat, key) =>
            new MemberRole { Chat = chat, ClientId = key, User = "eve", Role = "owner" },
        ["message.send"] = static (chat, key) => new MessageSend { Chat = chat, ClientId = key, Body = Body },
        ["message.edit"] = static (chat, key) =>
            new MessageEdit { Chat = chat, ClientId = key, Target = 2, Body = Body },
        ["message.delete"] = static (chat, key) => new MessageDelete { Chat = chat, ClientId = key, Target = 2 },
        ["reaction.set"] = static (chat, key) =>
            new ReactionSet { Chat = chat, ClientId = key, Target = 2, Emoji = "+1", On = true },
    };

    [Fact]
    public async Task A_foreign_chat_and_none_get_the_same_answers_for_the_same_reads_of_the_same_bytes()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var foreign = await ann.CreateAsync(null, [.. Enumerable.Range(0, 200).Select(static i => $"member{i}")]);
        await ann.AckAsync(new ChatUpdate
        {
            Chat = foreign,
            ClientId = ann.Key(),
            Custom = JsonSerializer.SerializeToElement(new { large = new string('x', 4_000) }),
        });
        await ann.AckAsync(ann.Message(foreign, "secret"));
        Assert.True(await node.Node.CatchUpAsync(CancellationToken.None));

        // Where the chat is in the workers' memory, and where it is in the store alone.
        await using var later = await TestNode.StartAsync(tables: node.Tables);
        var expected = await AskAllAsync(node, Nowhere);
        Assert.All(expected, static cost => Assert.Contains(cost.Answer, new[] { "", NotFound }));
        Assert.Equal(expected, await AskAllAsync(node, foreign));
        Assert.Equal(expected, await AskAllAsync(later, Nowhere));
        Assert.Equal(expected, await AskAllAsync(later, foreign));

        var overHttp = await RequestAllAsync(node, Nowhere);
        Assert.Equal(overHttp, await RequestAllAsync(node, foreign));
        Assert.Equal(overHttp, await RequestAllAsync(later, Nowhere));
        Assert.Equal(overHttp, await RequestAllAsync(later, foreign));

        Assert.Equal(4, (await ann.AckAsync(ann.Message(foreign, "nothing happened"))).Seq);
        Assert.DoesNotContain(ann.Heard, static frame => frame is ChatEvent { Sender: "eve" } or TypingUpdate);
    }

    [Fact]
    public async Task Who_names_a_seq_waits_as_long_for_a_foreign_chat_as_for_none()
    {
        await using var node = await TestNode.StartAsync(TestTime());
        var ann = await node.ConnectAsync("ann");
        var foreign = await ann.CreateAsync(null, "bob");
        var eve = await InTimeAsync(node, node.ConnectQuietlyAsync("eve"));
        var reads = new List<int>();
        foreach (var chat in new[] { Nowhere, foreign })
        {
            var before = node.Reads.Reads;
            var problem = await InTimeAsync(node, eve.ProblemAsync(new HistoryGet { Chat = chat, MinSeq = 1 }));
            Assert.Equal(ErrorCode.NotFound, problem.Code);
            reads.Add(node.Reads.Reads - before);
        }

        Assert.Equal(reads[0], reads[1]);
    }

    /// <summary>A frame that names a chat and is not asked here would be a way to guess.</summary>
    [Fact]
    public void Every_frame_that_names_a_chat_is_asked()
    {
        var naming = typeof(ClientFrame).Assembly.GetTypes()
            .Where(static type => type.IsSubclassOf(typeof(ClientFrame)) && !type.IsAbstract)
            .Where(static type => type.GetProperty("Chat") is not null && type != typeof(ChatCreate));
        var asked = Commands.Values.Select(static make => make(Nowhere, "").GetType()).Distinct();
        Assert.Equal(naming.OrderBy(static type => type.Name), asked.OrderBy(static type => type.Name));
    }

    /// <summary>The same of the requests: each is one of those commands, and reads nothing by itself.</summary>
    [Fact]
    public void Every_route_that_names_a_chat_is_asked()
    {
        var asked = Commands.Values.Select(static make => make(Nowhere, "").GetType()).ToHashSet();
        var routes = ApiRoutes.All
            .Where(static route => route.Path.Contains("{chat}", StringComparison.Ordinal))
            .ToArray();
        Assert.NotEmpty(routes);
        Assert.All(routes, route => Assert.Contains(route.Command, asked));
    }

    /// <summary>Who was a member once is told what became of the command, as ever.</summary>
    [Fact]
    public async Task Who_was_removed_may_repeat_what_had_its_effect()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var bob = await node.ConnectQuietlyAsync("bob");
        var chat = await ann.CreateAsync(null, "bob");
        var message = bob.Message(chat, "last words");
        var sent = await bob.AckAsync(message);
        await ann.AckAsync(new MemberRemove { Chat = chat, ClientId = ann.Key(), User = "bob" });
        var again = await bob.AckAsync(message);
        Assert.Equal((sent.Id, sent.Seq, true), (again.Id, again.Seq, again.Duplicate));
        Assert.Equal(ErrorCode.NotFound, (await bob.ProblemAsync(bob.Message(chat, "one more"))).Code);
    }

    /// <summary>Whoever was removed sees up to the removal, and from nothing where the chat stands since.</summary>
    [Fact]
    public async Task Who_was_removed_gets_the_same_answers_for_the_same_reads_wherever_the_head_is()
    {
        await using var node = await TestNode.StartAsync(TestTime());
        var ann = await node.ConnectAsync("ann");
        var bob = await InTimeAsync(node, node.ConnectQuietlyAsync("bob"));
        var chat = await ann.CreateAsync(null, "bob");
        await ann.AckAsync(new MemberRemove { Chat = chat, ClientId = ann.Key(), User = "bob" });
        for (var i = 0; i < 5; i++) await ann.AckAsync(ann.Message(chat, "secret"));
        Assert.True(await InTimeAsync(node, node.Node.CatchUpAsync(CancellationToken.None)));

        var costs = new List<(string, int)>();
        foreach (var seq in (long[])[4, 99])
            foreach (var command in (ClientFrame[])
            [
                new HistoryGet { Chat = chat, MinSeq = seq },
                new MessageEdit { Chat = chat, ClientId = bob.Key(), Target = seq, Body = Body },
                new MessageDelete { Chat = chat, ClientId = bob.Key(), Target = seq },
                new ReactionSet { Chat = chat, ClientId = bob.Key(), Target = seq, Emoji = "+1", On = true },
            ])
            {
                var before = node.Reads.Reads;
                var answer = TextOf(await InTimeAsync(node, bob.AskAsync(command)));
                Assert.True(await InTimeAsync(node, node.Node.CatchUpAsync(CancellationToken.None)));
                costs.Add((answer, node.Reads.Reads - before));
            }

        Assert.Equal(costs[..4], costs[4..]);
        Assert.IsType<Page>(await bob.AskAsync(new HistoryGet { Chat = chat, MinSeq = 2 }));
    }

    /// <summary>Markers of who left are nobody's to see, and what was read before the reader came is not the reader's.
    /// </summary>
    [Fact]
    public async Task Markers_on_a_page_are_those_of_the_members_as_far_as_the_stay_goes()
    {
        await using var node = await TestNode.StartAsync();
        var (ann, cat) = (await node.ConnectAsync("ann"), await node.ConnectAsync("cat"));
        var chat = await ann.CreateAsync(null, "cat");
        await ann.AckAsync(ann.Message(chat, "one"));
        await cat.AckAsync(new Mark { Chat = chat, Read = 2 });
        await ann.AckAsync(new Mark { Chat = chat, Read = 2 });
        await ann.AckAsync(new MemberRemove { Chat = chat, ClientId = ann.Key(), User = "cat" });
        await ann.AckAsync(new MemberAdd { Chat = chat, ClientId = ann.Key(), Users = ["dan"] });
        var dan = await node.ConnectAsync("dan");
        foreach (var isStored in (bool[])[false, true])
        {
            if (isStored) Assert.True(await node.Node.CatchUpAsync(CancellationToken.None));
            var page = Assert.IsType<Page>(await dan.AskAsync(new HistoryGet { Chat = chat, MinSeq = 4 }));
            Assert.Empty(page.Markers!);
        }

        await ann.AckAsync(new Mark { Chat = chat, Read = 4 });
        var later = Assert.IsType<Page>(await dan.AskAsync(new HistoryGet { Chat = chat, MinSeq = 4 }));
        Assert.Equal(new Receipt { User = "ann", Read = 4 }, Assert.Single(later.Markers!));
    }

    private static FakeTimeProvider TestTime() => new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    /// <summary>Moves the time until the task has ended, for ten seconds at most.</summary>
    private static async Task<T> InTimeAsync<T>(TestNode node, Task<T> task)
    {
        for (var part = 0; part < 40 && !task.IsCompleted; part++) await node.PartAsync();
        return await task;
    }

    private static async Task<List<Cost>> AskAllAsync(TestNode node, string chat)
    {
        var eve = await node.ConnectQuietlyAsync("eve");
        return await CostsAsync(node, chat, eve, async command =>
        {
            if (command is not Typing) return await eve.AskAsync(command);
            await eve.SendAsync(command);
            return null;
        });
    }

    private static async Task<List<Cost>> RequestAllAsync(TestNode node, string chat)
    {
        var eve = await node.ConnectQuietlyAsync("mallory");
        return await CostsAsync(node, chat, eve, async command => await node.Node.AskAsync(
            UserId.Parse("mallory"), command, isByServerKey: false, CancellationToken.None));
    }

    private static async Task<List<Cost>> CostsAsync(
        TestNode node, string chat, TestDevice eve, Func<ClientFrame, Task<ServerFrame?>> ask)
    {
        var costs = new List<Cost>();
        var before = (node.Reads.Reads, node.Reads.Bytes);
        foreach (var (name, make) in Commands)
        {
            var (reads, bytes) = (node.Reads.Reads, node.Reads.Bytes);
            var answer = await ask(make(chat, eve.Key()));
            costs.Add(new Cost(
                name, answer is null ? "" : TextOf(answer), node.Reads.Reads - reads, node.Reads.Bytes - bytes));
        }

        // What a worker would read because of them, it has read by then.
        Assert.True(await node.Node.CatchUpAsync(CancellationToken.None));
        Assert.Equal(costs.Sum(static cost => cost.Reads), node.Reads.Reads - before.Reads);
        Assert.Equal(costs.Sum(static cost => cost.Bytes), node.Reads.Bytes - before.Bytes);
        return costs;
    }

    private static string TextOf(ServerFrame frame)
    {
        var text = new ArrayBufferWriter<byte>();
        JsonFrames.WriteData(text, frame);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private sealed record Cost(string Command, string Answer, int Reads, long Bytes);
}
