using System.Text.Json;
using LiveChat.Core.History;
using LiveChat.Core.Nodes;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Tidy;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>
/// Which fields go to whom. A frame or a field that is new fails here until somebody has looked at who gets it:
/// <c>LIVECHAT_WRITE=1</c> writes the file, and the review is of its difference.
/// </summary>
public sealed class ToldTests
{
    /// <summary>They say nothing of any chat or user.</summary>
    private static readonly Type[] AboutTheSession =
    [
        typeof(Accepted), typeof(AuthDone), typeof(TokenExpiring), typeof(Ping), typeof(Goodbye),
        typeof(PresenceSetting), typeof(UnknownEvent),
    ];

    /// <summary>Fields that are there with a hundred chats, or after a time away, and name chats that are listed here.
    /// </summary>
    private static readonly Dictionary<Type, string[]> NotShown = new()
    {
        [typeof(Ready)] = ["behind"],
        [typeof(Sync)] = ["next"],
    };

    /// <summary>Says of an event, in the place of its content, that it cannot be read.</summary>
    private const string OfDamage = "unreadable";

    [Fact]
    public async Task Every_field_goes_to_whom_it_was_reviewed_for()
    {
        var tables = new InMemoryHistoryStore("e1");
        await using var node = await TestNode.StartAsync(
            options: new NodeOptions(), tables: tables, change: ports => ports with
            {
                Erasures = InMemoryErasureStore.Over(tables, ports.Identities),
                Deletions = new InMemoryDeletionStore(tables),
            });
        var (ann, bob, cid) = (
            await node.ConnectAsync("ann"), await node.ConnectAsync("bob"), await node.ConnectAsync("cid"));
        var (dia, eve) = (await node.ConnectAsync("dia"), await node.ConnectAsync("eve"));
        var told = new Told(new Dictionary<string, TestDevice>
        {
            ["ann"] = ann, ["bob"] = bob, ["cid"] = cid, ["dia"] = dia, ["eve"] = eve,
        });
        var gus = await node.ConnectAsync("gus");
        await told.NoteAsync("all connect");
        var chat = await ChangeAsync(told, ann, bob, cid, dia);
        await TalkAsync(told, chat, ann, bob, cid);
        Assert.True(await node.Node.CatchUpAsync(CancellationToken.None));
        await ReadAsync(told, chat, ann, cid, dia, eve);
        await WatchAsync(told, chat, ann, bob, eve, gus);
        Assert.True(ChatId.TryParse(chat, out var gone));
        await node.Node.ChatDeleter!.DeleteAsync(gone, CancellationToken.None);
        await ann.NextAsync<ChatDeleted>();
        await told.NoteAsync("the backend deletes the group");

        var path = Path.Combine(Repository.Root, "tests", "LiveChat.Tests", "Sessions", "told.txt");
        if (Environment.GetEnvironmentVariable("LIVECHAT_WRITE") == "1")
            await File.WriteAllTextAsync(path, told.Text);
        Assert.Equal(await File.ReadAllTextAsync(path), told.Text);
        AssertShowsAll(told);
    }

    /// <summary>What the file cannot show, it cannot guard: each frame and each field of it has to be in it.</summary>
    private static void AssertShowsAll(Told told)
    {
        var kinds = typeof(ServerFrame).Assembly.GetTypes()
            .Where(static type => type.IsSubclassOf(typeof(ServerFrame)) && !type.IsAbstract)
            .Except(AboutTheSession);
        Assert.Superset(kinds.ToHashSet(), told.Fields.Keys.ToHashSet());
        foreach (var (kind, shown) in told.Fields)
        {
            if (kind == typeof(ErrorFrame)) continue; // Its fields say what is wrong with a command.
            var fields = FrameTable.ShapeOf(kind).Properties
                .Where(static field => field.Get is not null).Select(static field => field.Name)
                .Where(static name => name != OfDamage);
            Assert.Superset(fields.Except(NotShown.GetValueOrDefault(kind, [])).ToHashSet(), shown);
        }
    }

    /// <summary>A group in which cid came later and dia left early.</summary>
    private static async Task<string> ChangeAsync(
        Told told, TestDevice ann, TestDevice bob, TestDevice cid, TestDevice dia)
    {
        var custom = JsonElement.Parse("""{"color":"red"}""");
        var create = new ChatCreate
        {
            ClientId = ann.Key(),
            Members = ["bob", "dia", "gus"],
            Title = "Lunch",
            Custom = custom,
        };
        var chat = (await ann.AckAsync(create)).Chat;
        await told.NoteAsync("ann makes a group of bob, dia and gus, who is not listed here");
        var body = new MessageBody
        {
            Text = "*hello*",
            Format = "md",
            ReplyTo = 1,
            Mentions = ["bob"],
            Custom = custom,
        };
        var early = await ann.AckAsync(new MessageSend { Chat = chat, ClientId = ann.Key(), Body = body });
        await told.NoteAsync("ann sends a message");
        await ann.AckAsync(new MemberRemove { Chat = chat, ClientId = ann.Key(), User = "dia" });
        await told.NoteAsync("ann removes dia");
        await ann.AckAsync(new MemberAdd { Chat = chat, ClientId = ann.Key(), Users = ["cid"] });
        await told.NoteAsync("ann adds cid");
        await ActAsync(told, chat, early.Seq, ann, bob, "from before cid came");
        var late = await ann.AckAsync(new MessageSend { Chat = chat, ClientId = ann.Key(), Body = body });
        await told.NoteAsync("ann sends another message");
        await ActAsync(told, chat, late.Seq, ann, bob, "that cid saw");
        await ann.AckAsync(new MessageDelete { Chat = chat, ClientId = ann.Key(), Target = late.Seq });
        await told.NoteAsync("ann deletes it");
        await ann.AckAsync(new MemberRole { Chat = chat, ClientId = ann.Key(), User = "cid", Role = "admin" });
        await told.NoteAsync("ann makes cid an admin");
        await ann.AckAsync(new ChatUpdate { Chat = chat, ClientId = ann.Key(), Title = "Dinner", Custom = custom });
        await told.NoteAsync("ann changes the settings");
        return chat;
    }

    private static async Task ActAsync(
        Told told, string chat, long target, TestDevice ann, TestDevice bob, string which)
    {
        var body = new MessageBody { Text = "hello again", ReplyTo = target };
        await ann.AckAsync(new MessageEdit { Chat = chat, ClientId = ann.Key(), Target = target, Body = body });
        await told.NoteAsync($"ann edits a message {which}");
        await bob.AckAsync(
            new ReactionSet { Chat = chat, ClientId = bob.Key(), Target = target, Emoji = "+1", On = true });
        await told.NoteAsync($"bob reacts to a message {which}");
    }

    /// <summary>What is said of people rather than by them, in the group, a direct chat and a large one.</summary>
    private static async Task TalkAsync(
        Told told, string chat, TestDevice ann, TestDevice bob, TestDevice cid)
    {
        await bob.SendAsync(new Typing { Chat = chat, On = true });
        foreach (var device in new[] { ann, cid }) await device.NextAsync<TypingUpdate>();
        await told.NoteAsync("bob types in the group");
        var seen = cid.Heard.OfType<ChatEvent>().Last(happened => happened.Chat == chat).Seq;
        await bob.AckAsync(new Mark { Chat = chat, Read = seen });
        foreach (var device in new[] { ann, bob, cid }) await device.NextAsync<Receipts>();
        await told.NoteAsync("bob reads the group");
        var direct = await ann.CreateAsync("bob");
        var sent = await ann.AckAsync(ann.Message(direct, "between us"));
        await told.NoteAsync("ann writes to bob alone");
        await bob.AckAsync(new Mark { Chat = direct, Delivered = sent.Seq, Read = sent.Seq });
        await bob.NextAsync<Receipts>();
        await told.NoteAsync("bob reads it, who has never written there");
        await bob.AskAsync(new MineSet { Chat = direct, Hidden = true });
        await told.NoteAsync("bob hides it");
        foreach (var device in new[] { ann, bob, cid }) await device.AskAsync(new ChatGet { Chat = direct });
        await told.NoteAsync("ann, bob and cid read it");
        sent = await bob.AckAsync(bob.Message(direct, "at last"));
        await told.NoteAsync("bob answers");
        await bob.AckAsync(new Mark { Chat = direct, Delivered = sent.Seq, Read = sent.Seq });
        foreach (var device in new[] { ann, bob }) await device.NextAsync<Receipts>();
        await told.NoteAsync("bob reads what he wrote");
        var crowd = await ann.CreateAsync(null, [.. Enumerable.Range(0, 58).Select(i => $"u{i}"), "bob"]);
        await bob.NextAsync<ChatHeadFrame>(head => head.Chat == crowd);
        await told.NoteAsync("ann makes a group of 60");
    }

    private static async Task ReadAsync(
        Told told, string chat, TestDevice ann, TestDevice cid, TestDevice dia, TestDevice eve)
    {
        foreach (var view in new[] { "messages", "events" })
        {
            foreach (var device in new[] { ann, cid, dia, eve })
                await device.AskAsync(new HistoryGet { Chat = chat, View = view, MinSeq = 1 });
            await told.NoteAsync($"ann, cid, dia and eve read the group's {view}");
        }

        await ann.AskAsync(new HistoryGet { Chat = chat, Limit = 1 });
        await ann.AskAsync(new HistoryGet { Chat = chat, View = "events", AroundSeq = 3, Limit = 2 });
        await told.NoteAsync("ann reads a first page");
        var mine = new MineSet { Chat = chat, Pinned = true, MutedUntil = DateTimeOffset.MaxValue.AddYears(-1) };
        foreach (var device in new[] { ann, eve }) await device.AskAsync(mine);
        await told.NoteAsync("ann and eve mute and pin the group");
        foreach (var device in new[] { ann, cid, dia, eve }) await device.AskAsync(new ChatGet { Chat = chat });
        await told.NoteAsync("they read the group itself");
        foreach (var device in new[] { ann, cid, dia, eve }) await device.AskAsync(new ChatsGet { Limit = 1 });
        await told.NoteAsync("they list a first page of their chats");
        foreach (var device in new[] { ann, cid, dia, eve }) await device.AskAsync(new SyncGet());
        await told.NoteAsync("they sync");
    }

    private static async Task WatchAsync(
        Told told, string chat, TestDevice ann, TestDevice bob, TestDevice eve, TestDevice gus)
    {
        foreach (var device in new[] { ann, eve })
            await device.AskAsync(new PresenceWatching { Chat = chat, Users = ["bob", "cid", "dia", "gus"] });
        await told.NoteAsync("ann and eve watch bob, cid, dia and gus");
        gus.Connection.Leave();
        await gus.DisposeAsync();
        await ann.NextAsync<PresenceChanged>();
        await told.NoteAsync("gus goes away");
        await bob.AskAsync(new PresenceSet { Visible = false });
        await ann.NextAsync<PresenceChanged>();
        await told.NoteAsync("bob hides");
    }
}
