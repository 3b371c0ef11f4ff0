using CsCheck;
using LiveChat.Core.History;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using Xunit;

namespace LiveChat.Tests.History;

public class InMemoryHistoryStoreTests : HistoryStoreContract
{
    private protected override Task<Stores> OpenAsync() => Task.FromResult<Stores>(new InMemoryStores());

    [Fact]
    public async Task Rows_of_a_chat_may_come_in_any_order_and_twice() =>
        await Gen.Select(Gens.Stream, Gen.Int[0, 1 << 20]).SampleAsync(
            async (records, seed) =>
            {
                var events = ChatEvents.Of(records, 7);
                var random = new Random(seed);
                var commit = HistoryRowsBuilder.Build(events);
                var rows = commit.Rows.Concat(commit.Rows.Where(_ => random.Next(2) == 0)).ToArray();
                random.Shuffle(rows);

                await using var store = new InMemoryHistoryStore("epoch");
                foreach (var row in rows)
                    store.Apply(new ChatId(7), row);
                Assert.Null(await store.ReadHeadAsync(new ChatId(7), default));
                store.ApplyHead(commit.Head, commit.RosterChanged);
                Assert.Equal(
                    PlainHistory.Lines(events),
                    await HistoryDump.LinesAsync(store, store, new ChatId(7), events));
            },
            iter: 150,
            threads: 1);
}
