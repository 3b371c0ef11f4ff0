using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Core.Log;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Sessions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Erasures;

/// <summary>Log and stores that outlive their nodes, and three users who talk there: everything that ann says holds
/// <see cref="Secret"/>, and bob and cat say <see cref="Kept"/>.</summary>
internal sealed class ErasureStage : IAsyncDisposable
{
    public const string Secret = "secret";
    public const string Kept = "kept";
    private readonly int _messagesOfAnn;

    public static readonly UserId Ann = UserId.Parse("ann");
    private readonly InMemoryMessageLog _log;
    private readonly List<string> _chats = [];
    private int _starts;

    /// <param name="messagesOfAnn">How many messages ann writes into the group.</param>
    public ErasureStage(int messagesOfAnn = 20)
    {
        _messagesOfAnn = messagesOfAnn;
        _log = new InMemoryMessageLog(4, Time);
        Store = InMemoryErasureStore.Over(Tables, Identities);
        Deletions = new InMemoryDeletionStore(Tables);
    }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    public InMemoryHistoryStore Tables { get; } = new("e1");

    public IdentityPorts Identities { get; } = IdentityPorts.InMemory();

    public IErasureStore Store { get; }

    public IDeletionStore Deletions { get; }

    /// <summary>A group of three, a direct chat of ann and bob, and a group that ann left.</summary>
    public IReadOnlyList<string> Chats => _chats;

    /// <param name="steps">Counts the steps of the erasure, and ends the node at one.</param>
    /// <param name="erasures">Stands before the store; null for nothing.</param>
    public async Task<TestNode> StartAsync(ErasureSteps? steps = null, IErasureStore? erasures = null)
    {
        var log = steps?.Over(_log) ?? _log;
        return await TestNode.StartAsync(Time, tables: Tables, seed: ++_starts, change: ports => ports with
        {
            Log = log,
            ReaderOf = group => new AllPartitionsReader(log, group),
            Identities = Identities,
            Erasures = erasures ?? steps?.Over(Store) ?? Store,
            Deletions = steps?.Over(Deletions) ?? Deletions,
        });
    }

    /// <summary>A group that ann owns alone, a direct chat, and a group that she wrote in and left.</summary>
    public async Task TalkAsync(TestNode node)
    {
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        await node.ConnectAsync("cat");
        var group = await node.WhileTimeMovesAsync(ann.CreateAsync(null, "bob", "cat"));
        var first = await SayAsync(ann, group, Secret);
        for (var i = 1; i < _messagesOfAnn; i++) await SayAsync(ann, group, $"{Secret} {i}");
        await DoAsync(ann, new MessageEdit
        {
            Chat = group, ClientId = ann.Key(), Target = first, Body = new MessageBody { Text = Secret + " edited" },
        });
        var other = await SayAsync(bob, group, Kept);
        await DoAsync(ann, Reaction(ann, group, other, "+"));
        await DoAsync(ann, Reaction(ann, group, other, "-"));
        await DoAsync(bob, Reaction(bob, group, other, "+"));
        await DoAsync(bob, Reaction(bob, group, first, "+"));

        var direct = await node.WhileTimeMovesAsync(ann.CreateAsync("bob"));
        await SayAsync(ann, direct, Secret);
        await SayAsync(bob, direct, Kept);

        var left = await node.WhileTimeMovesAsync(bob.CreateAsync(null, "ann", "cat"));
        await SayAsync(ann, left, Secret);
        await SayAsync(bob, left, Kept);
        await DoAsync(ann, new MemberRemove { Chat = left, ClientId = ann.Key(), User = "ann" });
        await SayAsync(bob, left, Kept);

        foreach (var chat in (string[])[group, direct])
        {
            await node.WhileTimeMovesAsync(ann.AskAsync(new MineSet { Chat = chat, Pinned = true }));
            await node.WhileTimeMovesAsync(ann.AskAsync(new Mark { Chat = chat, Read = 2 }));
        }

        var profile = new UserChange { Name = Secret, Custom = """{"a":1}""" };
        await Identities.Users.ChangeUserAsync(Ann, profile, 1, default);
        _chats.AddRange([group, direct, left]);

        async Task<long> SayAsync(TestDevice device, string chat, string text) =>
            (await DoAsync(device, device.Message(chat, text))).Seq;

        Task<Ack> DoAsync(TestDevice device, ClientFrame command) =>
            node.WhileTimeMovesAsync(device.AckAsync(command));
    }

    /// <summary>Everything that another member reads of all chats, as messages and as events.</summary>
    public async Task<List<ChatEvent>> ReadAsync(TestNode node, string user)
    {
        var device = await node.ConnectAsync(user);
        var items = new List<ChatEvent>();
        foreach (var chat in _chats)
            foreach (var view in (string?[])[null, "events"])
            {
                var asked = new HistoryGet { Chat = chat, AfterSeq = 0, Limit = 100, View = view };
                if (await node.WhileTimeMovesAsync(device.AskAsync(asked)) is Page page) items.AddRange(page.Items);
            }

        return items;
    }

    /// <summary>Moves the time until the erasure is finished or the node is dead, for two minutes at most.</summary>
    public async Task<Erasure?> WaitAsync(TestNode node, ErasureSteps? steps = null)
    {
        for (var second = 0; second < 120 && steps is not { IsDead: true }; second++)
        {
            if (await Store.ReadAsync([Ann], default) is [{ FinishedMs: > 0 } finished]) return finished;
            await node.SecondAsync();
        }

        return null;
    }

    /// <summary>What the stores hold: nothing of ann but that she is refused, and all of the others.</summary>
    public async Task CheckErasedAsync()
    {
        foreach (var chat in _chats.Select(ChatOf)) await CheckErasedAsync(chat);
        Assert.Empty(await Tables.ReadUserChatsAsync(Ann, default, 10, default));
        Assert.Empty(await Identities.Users.ReadDevicesAsync(Ann, default));
        Assert.Empty(await Identities.Settings.ReadSettingsSinceAsync(Ann, 0, 10, default));
        Assert.Equal([0], await Identities.LastSeen.ReadLastSeenAsync([Ann], default));
        var row = Assert.Single(await Identities.Users.ReadUsersAsync([Ann], default));
        Assert.True(row is { Name: null, Custom: null, IsDisabled: true });
        Assert.Equal(3, (await Tables.ReadUserChatsAsync(UserId.Parse("bob"), default, 10, default)).Count);
    }

    public static ChatId ChatOf(string text) => ChatId.TryParse(text, out var chat) ? chat : default;

    private async Task CheckErasedAsync(ChatId chat)
    {
        var head = (await Tables.ReadHeadAsync(chat, default))!;
        Assert.False(head.Roster.Contains(Ann));
        Assert.True(head.Direct || head.Roster.CountOf(Role.Owner) == 1);
        Assert.Empty(await Tables.ReadStaysAsync(chat, Ann, default));
        Assert.Empty(await Tables.ReadMarkersAsync(chat, [Ann], default));
        var range = new EventRange(1, head.Seq)
        {
            EditsTo = head.Seq, ReactionsTo = IHistoryStore.ReactionsNow, WithEditBodies = true,
        };
        var entries = (await Tables.ReadEventsAsync(chat, range, default)).Entries;
        Assert.Equal(Enumerable.Range(1, (int)head.Seq), entries.Select(static entry => (int)entry.Event.Seq));
        foreach (var entry in entries)
        {
            var isOfAnn = entry.Event.Record.Sender == Ann.Value;
            Assert.True(!isOfAnn || (entry.Content is null && entry.Edit is null), $"{entry}");
            if (entry.Event.Record.Message is not null && !isOfAnn) Assert.Equal(Kept, entry.Content!.Text);
            if (entry.Event.Record.Message is not null) Assert.Equal(isOfAnn, entry.DeletedSeq is not null);
            Assert.DoesNotContain(entry.Reactions, static reaction => reaction.User == Ann);
        }

        // Each was erased once, however often a step was repeated.
        var erased = entries.Where(static entry => entry.Event.Record.Delete is not null)
            .Select(static entry => entry.Event.Record.Target.Seq).ToList();
        Assert.Equal(erased.Distinct(), erased);
        Assert.Single(entries, static entry => entry.Event.Record.MemberRemoved is not null);
    }

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    private static ReactionSet Reaction(TestDevice device, string chat, long target, string emoji) =>
        new() { Chat = chat, ClientId = device.Key(), Target = target, Emoji = emoji, On = true };
}
