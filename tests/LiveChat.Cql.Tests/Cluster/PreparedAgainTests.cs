using LiveChat.Cql.Errors;
using LiveChat.Cql.Tests.Connections;

namespace LiveChat.Cql.Tests.Cluster;

/// <summary>What becomes of values whose statement a node is told again, when the table is another one now.</summary>
public sealed class PreparedAgainTests
{
    private const string Int = "0009";
    private const string Float = "0008";
    private const string Update = "UPDATE k.t SET v = 1 WHERE p = ?";

    [Fact]
    public async Task Bytes_of_one_type_never_become_a_value_of_another_however_often_they_are_sent()
    {
        var isKnown = true;
        var sent = 0;
        await using var cluster = new FakeCluster(1, async (_, connection, header, _) =>
        {
            var wasKnown = isKnown;
            isKnown = true; // before the answer, after which the test goes on
            if (wasKnown) sent++;
            await (wasKnown ? connection.VoidAsync(header.Stream) : UnknownAsync(connection, header.Stream));
        });
        await using var session = await cluster.ConnectAsync();
        var update = await session.PrepareAsync(Update);
        var bound = new[] { update.Bind().Set(0, 1), update.Bind().Set(0, 2) };
        (cluster.Prepared, isKnown) = (("CAFE", Float), false); // the table was made again
        for (var time = 0; time < 2; time++)
        {
            foreach (var one in bound)
            {
                await Assert.ThrowsAsync<CqlTypeException>(() => session.ExecuteAsync(one).AsTask());
                await Assert.ThrowsAsync<CqlTypeException>(() =>
                    session.ExecuteAsync(new BatchStatement().Add(one)).AsTask());
            }
        }

        Assert.Equal(0, sent);
        bound[0].Clear();
        await session.ExecuteAsync(bound[0].Set(0, 1f));
        (cluster.Prepared, isKnown) = (("CAFE", Int), false); // and again, as it was at first
        await Assert.ThrowsAsync<CqlTypeException>(() => session.ExecuteAsync(bound[0]).AsTask());
        await session.ExecuteAsync(bound[1]);
        Assert.Equal(2, sent);
    }

    [Fact]
    public async Task Bind_markers_of_the_same_types_stay_the_same()
    {
        var isKnown = false;
        await using var cluster = new FakeCluster(1, async (_, connection, header, _) =>
        {
            var wasKnown = isKnown;
            isKnown = true;
            await (wasKnown ? connection.VoidAsync(header.Stream) : UnknownAsync(connection, header.Stream));
        });
        await using var session = await cluster.ConnectAsync();
        var update = await session.PrepareAsync(Update);
        var before = update.Parameters;
        await session.ExecuteAsync(update.Bind().Set(0, 1));
        Assert.True(isKnown);
        Assert.Same(before, update.Parameters);
    }

    [Fact]
    public async Task A_conditional_statement_that_could_not_be_prepared_again_certainly_did_not_run()
    {
        await using var cluster = new FakeCluster(1, (_, connection, header, _) =>
            UnknownAsync(connection, header.Stream));
        await using var session = await cluster.ConnectAsync();
        var update = await session.PrepareAsync(Update + " IF EXISTS");
        cluster.Prepared = ("BABE", Int);
        var error = await Assert.ThrowsAsync<CqlProtocolException>(() =>
            session.ExecuteAsync(update.Bind().Set(0, 1)).AsTask());
        Assert.False(error.IsOutcomeUnknown);
        Assert.Contains("another id", error.Message, StringComparison.Ordinal);
    }

    private static Task UnknownAsync(FakeConnection connection, short stream) =>
        connection.ErrorAsync(stream, "00002500 0000 0002 CAFE");
}
