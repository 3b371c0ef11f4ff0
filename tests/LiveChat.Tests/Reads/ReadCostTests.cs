using LiveChat.Core.Ingest;
using LiveChat.Core.Nodes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Api;
using LiveChat.Server.Backend;
using LiveChat.Tests.Chats;
using LiveChat.Tests.Sessions;
using LiveChat.Tests.Simulation;
using Xunit;

namespace LiveChat.Tests.Reads;

/// <summary>
/// What every read takes from the real store, where little is stored and where others stored what makes it dear: at
/// most its bound, no more when twice as much is stored, and as much as it was charged. Counted are rows, and 256 bytes
/// as one, as the rates of reads do.
/// </summary>
public sealed class ReadCostTests
{
    /// <summary>What is charged is what is read, within this factor; of reads that read next to nothing, within
    /// <see cref="Slack"/>.</summary>
    private const int Factor = 3;

    private const int Slack = 24;

    /// <summary>Of a chat that is not in memory: the most stays, twice, and the longest head.</summary>
    private const int ChatMax = 1_200;

    /// <summary>A page, its last part with a message of the most reactions, and the markers of the most members.
    /// </summary>
    private const int PageMax = ChatMax + 4_096 + (4 * 512) + 4_096 + 512;

    /// <summary>The most rows of a list that are looked at, each with the longest head.</summary>
    private const int ListMax = 256 * 110;

    /// <summary>A user's row with the longest data, for the most users, thrice.</summary>
    private const int UsersMax = Limits.MembersMax * 3 * 18;

    /// <summary>By the name of the route, or the type of the frame where there is none.</summary>
    private static readonly Dictionary<string, Read> Reads = new()
    {
        ["listChats"] = new(
            ListMax, static _ => new ChatsGet(), static _ => [new ChatsGet { Limit = 1 }, new ChatsGet()]),
        ["getChat"] = new(
            ChatMax + UsersMax,
            static chat => new ChatGet { Chat = chat },
            static chat =>
                [new ChatGet { Chat = chat(DearStore.Marked) }, new ChatGet { Chat = chat(DearStore.Stayed) }]),
        ["listMessages"] = new(
            PageMax,
            static chat => new HistoryGet { Chat = chat },
            static chat =>
            [
                .. Everywhere(chat, static at => new HistoryGet { Chat = at, BeforeSeq = 6, Limit = 100 }),
                new HistoryGet { Chat = chat(DearStore.Reacted), Limit = 100 },
                new HistoryGet { Chat = chat(DearStore.Skipped), Limit = 100 },
                new HistoryGet { Chat = chat(DearStore.Stayed), Limit = 100 },
                new HistoryGet { Chat = chat(DearStore.Reacted), AroundSeq = 3, Limit = 100 },
                new HistoryGet { Chat = chat(DearStore.Edited), AfterSeq = 0, Limit = 4 },
            ]),
        ["getMessage"] = new(
            PageMax,
            static chat => new HistoryGet { Chat = chat, AroundSeq = 2, Limit = 1 },
            static chat => [.. Everywhere(chat, static at => new HistoryGet { Chat = at, AroundSeq = 2, Limit = 1 })]),
        ["listEvents"] = new(
            PageMax,
            static chat => new HistoryGet { Chat = chat, View = HistoryViews.Events },
            static chat =>
            [
                .. Everywhere(chat, static at => new HistoryGet { Chat = at, View = "events", Limit = 100 }),
                .. Everywhere(
                    chat, static at => new HistoryGet { Chat = at, View = "events", Limit = 100, AfterSeq = 0 }),
            ]),
        ["sync"] = new(Limits.PageItemsMax * 110, static _ => new SyncGet(), static _ => [new SyncGet()]),
        ["getPresence"] = new(
            ChatMax + UsersMax,
            static chat => new PresenceGet { Chat = chat, Users = ["bob"] },
            static chat => [new PresenceGet { Chat = chat(DearStore.Marked), Users = Members }]),
        ["getOwnPresence"] = new(30, static _ => new PresenceSet(), static _ => [new PresenceSet()]),
        ["presence.watch"] = new(
            ChatMax + UsersMax,
            static chat => new PresenceWatching { Chat = chat, Users = ["bob"] },
            static chat => [new PresenceWatching { Chat = chat(DearStore.Marked), Users = Members }]),
        ["chat.mine"] = new(
            ChatMax,
            static chat => new MineSet { Chat = chat, Pinned = true },
            static chat =>
            [
                new MineSet { Chat = chat(DearStore.Stayed), Pinned = true },
                new MineSet { Chat = chat(DearStore.Marked), Pinned = true },
            ]),
        ["mark"] = new(
            ChatMax,
            static chat => new Mark { Chat = chat, Read = 3 },
            static chat => [new Mark { Chat = chat(DearStore.Reacted), Read = 3 }]),
        ["typing"] = new(
            ChatMax,
            static chat => new Typing { Chat = chat, On = true },
            static chat => [.. Everywhere(chat, static at => new Typing { Chat = at, On = true })]),
        ["reaction.set"] = new(
            ChatMax + 4_096 + 4_096,
            static chat => new ReactionSet
            {
                Chat = chat, ClientId = Records.Key(5, Now).ToString(), Target = 2, Emoji = "+", On = false,
            },
            static chat =>
            [
                new ReactionSet
                {
                    Chat = chat(DearStore.Reacted), ClientId = Records.Key(6, Now).ToString(), Target = 2, Emoji = "+",
                    On = false,
                },
            ]),
    };

    /// <summary>Frames that read nothing by themselves, or no more than one of those above does; a resume has a test of
    /// its own.</summary>
    private static readonly Type[] Others = [typeof(Connect), typeof(Auth), typeof(Pong)];

    private static string[] Members =>
        [.. Enumerable.Range(0, Limits.MembersMax - 1).Select(static i => $"ghost-{i}".PadRight(64, 'x'))];

    private static long Now { get; } = Records.StartMs + 3_600_000;

    /// <summary>A read that is not in the table would be one of which nobody knows what it costs.</summary>
    [Fact]
    public void Every_read_has_its_row()
    {
        var routes = ApiRoutes.All.Where(static route => route.Method == "GET" || route.Answer == typeof(PresenceList));
        Assert.All(routes, static route => Assert.Equal(route.Command, CommandOf(Reads[route.Name])));

        // A change is appended; what it reads before is what a mark or a reaction reads.
        var asked = Reads.Values.Select(CommandOf).Concat(Others).ToHashSet();
        var frames = typeof(ClientFrame).Assembly.GetTypes()
            .Where(static type => type.IsSubclassOf(typeof(ClientFrame)) && !type.IsAbstract)
            .Where(static type => !type.IsSubclassOf(typeof(ChangeCommand)) || type == typeof(ReactionSet));
        Assert.All(frames, type => Assert.Contains(type, asked));
        Assert.Equal(
            ["getDeletion", "getErasure", "getUser", "listDevices", "listSessions", "lookUpUsers"],
            BackendRoutes.All.Where(static route => route.OnlyReads).Select(static route => route.Name).Order());
    }

    [Fact]
    public async Task No_read_costs_more_than_its_bound_whatever_others_stored_and_each_is_charged_what_it_reads()
    {
        var once = await CostsAsync(times: 1);
        var twice = await CostsAsync(times: 2);
        var wrong = new List<string>();
        foreach (var (name, read) in Reads)
            foreach (var (cost, more) in once[name].Zip(twice[name]))
            {
                var said = $"{name}: {cost} of {read.Bound}, where twice as much is stored {more}";
                TestContext.Current.TestOutputHelper?.WriteLine(said);
                if (cost.Read > read.Bound) wrong.Add($"above its bound: {said}");
                if (more.Read > (cost.Read * 1.1) + Slack) wrong.Add($"more where more is stored: {said}");
                if (cost.Charged > (cost.Read * Factor) + Slack || cost.Read > (cost.Charged * Factor) + Slack)
                    wrong.Add($"charged otherwise than it reads: {said}");
            }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>A resume looks at twice as many rows as it may name, and is charged.</summary>
    [Fact]
    public async Task A_resume_reads_no_more_than_it_may_name_whatever_is_stored()
    {
        var costs = new List<Cost>();
        foreach (var times in (int[])[1, 2])
        {
            using var store = new DearStore(times);
            await using var node = await StartAsync(store);
            using var charged = new MeasuredSum(node.Meter, "livechat.reads.charged");
            var since = await node.SinceAsync(Records.StartMs - 1_000);
            costs.Add(await CostAsync(store, charged, () => node.ConnectAsync(DearStore.Dear, since)));
        }

        Assert.InRange(costs[0].Read, 1, 4_000);
        Assert.InRange(costs[1].Read, 1, costs[0].Read + Slack);
        Assert.All(costs, static cost => Assert.InRange(cost.Read, cost.Charged / Factor, cost.Charged * Factor));
    }

    /// <summary>By read, what the cheapest of it takes, then the dearest ones.</summary>
    private static async Task<Dictionary<string, List<Cost>>> CostsAsync(int times)
    {
        using var store = new DearStore(times);
        await using var node = await StartAsync(store);
        using var charged = new MeasuredSum(node.Meter, "livechat.reads.charged");
        var plain = await node.ConnectQuietlyAsync(DearStore.Plain);
        var dear = await node.ConnectQuietlyAsync(DearStore.Dear);
        var former = await node.ConnectQuietlyAsync(DearStore.Friend);
        var costs = new Dictionary<string, List<Cost>>();
        foreach (var (name, read) in Reads)
        {
            var asked = costs[name] = [];
            asked.Add(await AskAsync(plain, read.Cheapest($"{new ChatId(DearStore.PlainChat)}")));
            foreach (var command in read.Dearest(static chat => $"{new ChatId(chat)}"))
                asked.Add(await AskAsync(dear, command));
            if (CommandOf(read) == typeof(HistoryGet))
                asked.Add(await AskAsync(former, read.Cheapest($"{new ChatId(DearStore.Reacted)}")));
        }

        return costs;

        Task<Cost> AskAsync(TestDevice device, ClientFrame command) => CostAsync(
            store,
            charged,
            async () =>
            {
                if (command is Typing) await device.SendAsync(command);
                else if (await device.AskAsync(command) is ErrorFrame refused)
                    Assert.Fail($"{command} was refused: {refused.Problem}");
                return true;
            });
    }

    private static async Task<Cost> CostAsync<T>(
        DearStore store, MeasuredSum charged, Func<Task<T>> read)
    {
        var (rows, bytes, before) = (store.Database.RowsRead, store.Database.BytesRead, charged.Read());
        await read();
        return new Cost(
            store.Database.RowsRead - rows, store.Database.BytesRead - bytes, charged.Read() - before);
    }

    private static Task<TestNode> StartAsync(DearStore store)
    {
        var options = new NodeOptions
        {
            Ingest = new IngestOptions { UnansweredMessagesMax = 0 },
            Rates = new RateOptions { ReadRowsPerSecond = 1_000_000, ReadRowsBurst = 10_000_000 },
            Sessions = new SessionOptions { BehindMax = 50 },
        };
        // The store has threads of its own, so the time is that of the machine; its clock is that of the records.
        var clock = DateTimeOffset.FromUnixTimeMilliseconds(Now) - TimeProvider.System.GetUtcNow();
        var time = new SkewedTime(TimeProvider.System, clock);
        return TestNode.StartAsync(time, options, change: ports => ports with
        {
            History = store.History, Users = store.Users, Identities = store.Identities,
        });
    }

    private static IEnumerable<ClientFrame> Everywhere(Func<ulong, string> chat, Func<string, ClientFrame> read) =>
        ((ulong[])[DearStore.Reacted, DearStore.Edited, DearStore.Skipped, DearStore.Stayed, DearStore.Marked])
            .Select(at => read(chat(at)));

    private static Type CommandOf(Read read) => read.Cheapest("1").GetType();

    /// <param name="Bound">Tokens.</param>
    /// <param name="Cheapest">Asked by who stored little, of the chat in which little is.</param>
    /// <param name="Dearest">Asked by whose reads are dear, of chats by their number.</param>
    private sealed record Read(
        long Bound, Func<string, ClientFrame> Cheapest, Func<Func<ulong, string>, ClientFrame[]> Dearest);

    private sealed record Cost(long Rows, long Bytes, long Charged)
    {
        public long Read => Rows + (Bytes / Core.History.ReadCost.BytesPerRow);
    }
}
