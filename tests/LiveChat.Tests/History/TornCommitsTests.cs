using CsCheck;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Identities;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using Xunit;

namespace LiveChat.Tests.History;

/// <summary>
/// The rows of history as they are written in production, on a store that writes one after the other: a writer that
/// dies at any row, and one that then goes on from the head (cutting the log into other commits), leave what a writer
/// leaves that never died.
/// </summary>
public class TornCommitsTests
{
    private static readonly ChatId Chat = new(7);

    [Fact]
    public Task A_commit_torn_at_every_step_and_resumed_is_a_commit_that_was_not_torn() =>
        Gen.Select(Gens.Stream, Gen.Int[0, 1 << 20]).SampleAsync(
            async (records, seed) =>
            {
                var events = ChatEvents.Of(records, Chat.Value);
                var wanted = PlainHistory.Lines(events);
                var cuts = Cuts(events.Count, new Random(seed));
                for (var torn = 0; ; torn++)
                {
                    var store = new InMemoryHistoryStore("epoch");
                    var rowsLeft = torn;
                    var died = !Write(store, events, cuts, ref rowsLeft);
                    if (died) await AssertHeadSaysNothingOfItAsync(store, events);
                    var head = await store.ReadHeadAsync(Chat, default);
                    var rest = events[(int)(head?.Seq ?? 0)..];
                    var all = int.MaxValue;
                    Assert.True(Write(store, rest, Cuts(rest.Count, new Random(seed + torn)), ref all));
                    Assert.Equal(wanted, await HistoryDump.LinesAsync(store, store, Chat, events));
                    if (!died) break;
                }
            },
            iter: 20,
            threads: 1);

    /// <summary>False when it died, which it does when it may write no further row.</summary>
    private static bool Write(
        InMemoryHistoryStore store, List<SequencedEvent> events, IReadOnlyList<int> cuts, ref int rows)
    {
        var from = 0;
        foreach (var to in cuts)
        {
            var commit = HistoryRowsBuilder.Build(events[from..to]);
            foreach (var row in commit.Rows)
            {
                if (rows-- == 0) return false;
                store.Apply(Chat, row);
            }

            if (rows-- == 0) return false;
            store.ApplyHead(commit.Head, commit.RosterChanged);
            from = to;
        }

        return true;
    }

    /// <summary>What a reader is told ends at the head, whatever lies above it.</summary>
    private static async Task AssertHeadSaysNothingOfItAsync(InMemoryHistoryStore store, List<SequencedEvent> events)
    {
        var head = await store.ReadHeadAsync(Chat, default);
        if (head is null) return;
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var reader = new HistoryReader(
            store, store, new InMemoryIdentityStore(), new TailCache(), static (_, _) => false,
            new HeadLooks(store, static _ => { }, time), time, static (_, _) => { });
        var page = await reader.ReadPageAsync(
            events[0].Sender, Chat, new PageQuery { AsMessages = false, Limit = 100 }, default);
        Assert.True(page.Value!.HeadSeq <= head.Seq, "A page ends at the head.");
        Assert.All(page.Value.Items, item => Assert.True(item.Seq <= head.Seq, "No event above the head."));
    }

    private static List<int> Cuts(int count, Random random)
    {
        var cuts = new List<int>();
        for (var at = 0; at < count;) cuts.Add(at += random.Next(1, Math.Min(12, count - at) + 1));
        return cuts;
    }
}
