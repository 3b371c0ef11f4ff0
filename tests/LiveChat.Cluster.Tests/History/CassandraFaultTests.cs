using System.Collections.ObjectModel;
using LiveChat.Cluster.Tests.Store;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using LiveChat.Tests.History;
using Xunit;

namespace LiveChat.Cluster.Tests.History;

/// <summary>A node that is killed while history is written, and comes back.</summary>
[Collection(nameof(OneCassandra))]
public sealed class CassandraFaultTests(OneCassandra cassandra)
{
    private const int ChatsOfCall = 64;

    /// <summary>Far from the chats of the contracts, which share the keyspace.</summary>
    private const ulong FirstChat = 1UL << 50;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commits_that_a_kill_refused_in_part_are_whole_once_the_node_is_back()
    {
        cassandra.Require();
        Assert.SkipUnless(cassandra.IsOwn, "The node is not this test's own.");
        await using var stores = await CassandraStores.OpenAsync(cassandra);
        var written = new List<List<SequencedEvent>>();
        var killing = Task.CompletedTask;
        var refused = default(IReadOnlyList<HistoryCommit>);
        while (refused is null)
        {
            var events = Enumerable.Range(0, ChatsOfCall)
                .Select(i => EventsOf(FirstChat + (ulong)(written.Count + i))).ToList();
            var commits = events.ConvertAll(static ofChat => HistoryRowsBuilder.Build(ofChat));
            written.AddRange(events);
            try
            {
                await stores.History.WriteAsync(commits, Token);
                if (killing.IsCompleted && written.Count == ChatsOfCall) killing = cassandra.KillAsync(1);
            }
            catch (HistoryUnavailableException)
            {
                refused = commits;
            }
        }

        await killing;
        foreach (var call in CallsOf(stores.History))
            await Assert.ThrowsAsync<HistoryUnavailableException>(call);
        await cassandra.StartNodeAsync(1);
        await RepeatAsync(() => stores.History.WriteAsync(refused, Token));

        foreach (var events in written)
            Assert.Equal(
                PlainHistory.Lines(events),
                await HistoryDump.LinesAsync(
                    stores.History, stores.Users, new ChatId(events[0].Record.Chat), events));
    }

    /// <summary>A worker repeats the same commits until they are written.</summary>
    private static async Task RepeatAsync(Func<ValueTask> write)
    {
        while (true)
        {
            try
            {
                await write();
                return;
            }
            catch (HistoryUnavailableException)
            {
                await Task.Delay(Pause, TimeProvider.System, Token);
            }
        }
    }

    /// <summary>All that a worker or a reader asks of the store.</summary>
    private static IEnumerable<Func<Task>> CallsOf(IHistoryStore store)
    {
        var (chat, ann) = (new ChatId(FirstChat), UserId.Parse("ann"));
        var passed = new ReadOnlyDictionary<int, Position>(
            new Dictionary<int, Position> { [0] = Position.Create(1, 1) });
        return
        [
            async () => await store.ReadHeadAsync(chat, Token),
            async () => await store.ReadKeyAsync(chat, ann, Records.Key(1), Token),
            async () => await store.ReadEventsAsync(chat, new EventRange(1, 10), Token),
            async () => await store.ReadStaysAsync(chat, ann, Token),
            async () => await store.FlushAsync(passed, Token),
        ];
    }

    private static List<SequencedEvent> EventsOf(ulong chat) => ChatEvents.Of(
        [
            Records.Created("ann", 1, "bob"), Records.Message("bob", 2),
            Records.Edit("bob", 3, Records.Target(2, "bob")),
            Records.React("ann", 4, Records.Target(2, "bob")), Records.Message("ann", 5),
            Records.Delete("ann", 6, Records.Target(5, "ann")),
        ],
        chat);
}
