using LiveChat.Cli.Chat;
using LiveChat.Protocol.Frames;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Sessions;

/// <summary>Unread counts of a chat that the user is out of, in every place that shows them.</summary>
public sealed class UnreadTests
{
    private const int PulledMembers = 60;

    /// <summary>Every way out of a chat.</summary>
    public static IEnumerable<string> Ways => ["left", "removed by an owner", "removed by an admin"];

    /// <summary>Every place that shows unread counts; each is asked by a device that is there, and by one that comes.
    /// </summary>
    public static IEnumerable<string> Places => ["chats", "sync", "screen"];

    public static TheoryData<string, bool, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool, string>();
            foreach (var way in Ways)
                foreach (var isPulled in (bool[])[false, true])
                    foreach (var place in Places)
                        cases.Add(way, isPulled, place);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_chat_that_one_is_out_of_has_no_unread(string way, bool isPulled, string place)
    {
        await using var node = await TestNode.StartAsync();
        var (ann, bob, adm) =
            (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"), await node.ConnectAsync("adm"));
        var chat = await ann.CreateAsync(
            null, ["bob", "adm", .. Enumerable.Range(0, isPulled ? PulledMembers : 0).Select(i => $"u{i}")]);
        await ann.AckAsync(
            new MemberRole { Chat = chat, ClientId = ann.Key(), User = "adm", Role = "admin" });
        foreach (var text in (string[])["one", "two", "three"]) await ann.AckAsync(ann.Message(chat, text));
        Assert.Equal(3, await UnreadAsync(node, bob, chat, place));

        var remover = way switch { "left" => bob, "removed by an owner" => ann, _ => adm };
        var remove = new MemberRemove { Chat = chat, ClientId = remover.Key(), User = "bob" };
        await remover.AckAsync(remove);
        await ann.AckAsync(ann.Message(chat, "four, without bob"));
        Assert.Equal(0, await UnreadAsync(node, bob, chat, place));
        Assert.Equal(0, await UnreadAsync(node, await node.ConnectAsync("bob"), chat, place));

        await ann.AckAsync(new MemberAdd { Chat = chat, ClientId = ann.Key(), Users = ["bob"] });
        await ann.AckAsync(ann.Message(chat, "five, for bob"));
        Assert.Equal(1, await UnreadAsync(node, bob, chat, place));
    }

    private static async Task<long> UnreadAsync(TestNode node, TestDevice device, string chat, string place)
    {
        Assert.True(await node.Node.CatchUpAsync(default));
        var listed = place switch
        {
            "chats" => Assert.IsType<ChatList>(await device.AskAsync(new ChatsGet())).Items,
            _ => Assert.IsType<Sync>(await device.AskAsync(new SyncGet())).Items,
        };
        return place == "screen"
            ? await UnreadOnScreenAsync(device, chat, listed)
            : Assert.Single(listed, item => item.Chat == chat).Unread;
    }

    /// <summary>What <c>livechat chat</c> counts of the events alone, then of the list besides.</summary>
    private static async Task<long> UnreadOnScreenAsync(
        TestDevice device, string chat, IReadOnlyList<ChatSummary> listed)
    {
        var model = new ChatModel("bob");
        var page = Assert.IsType<Page>(
            await device.AskAsync(new HistoryGet { Chat = chat, AfterSeq = 0, View = "events" }));
        foreach (var happened in page.Items) model.Apply(happened);
        var counted = model.Chat(chat).Unread;
        model.Load(listed);
        Assert.Equal(counted, model.Chat(chat).Unread);
        return counted;
    }
}
