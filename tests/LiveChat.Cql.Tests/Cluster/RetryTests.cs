using LiveChat.Cql.Errors;
using LiveChat.Cql.Tests.Protocol;

namespace LiveChat.Cql.Tests.Cluster;

/// <summary>What is repeated, what is not, and what its caller is told.</summary>
public sealed class RetryTests
{
    private const string WriteTimeout = """00001100 0000 0004 00000001 00000002 0006 "SIMPLE" """;
    private const string ReadTimeout = "00001200 0000 0004 00000001 00000002 00";
    private const string Unavailable = "00001000 0000 0004 00000002 00000001";
    private const string CasTimeout = """00001100 0000 0008 00000001 00000002 0003 "CAS" 0001""";
    private const string Overloaded = "00001001 0000";
    private const string Invalid = "00002200 0000";
    private const string Update = "UPDATE k.t SET v = 1 WHERE p = ?";
    private const string Select = "SELECT v FROM k.t WHERE p = ?";

    [Theory]
    [InlineData(Select, null, ReadTimeout)]
    [InlineData(Select, null, Unavailable)]
    [InlineData(Update, true, WriteTimeout)]
    [InlineData(Update, true, Unavailable)]
    public async Task What_may_be_repeated_is_on_another_node(string cql, bool? isIdempotent, string error)
    {
        await using var cluster = FailsOnce(error);
        await using var session = await cluster.ConnectAsync();
        var bound = (await session.PrepareAsync(cql)).Bind().Set(0, 1);
        bound.IsIdempotent = isIdempotent;
        using var rows = await session.ExecuteAsync(bound);
        Assert.Equal(2, cluster.Asked.Distinct().Count());
    }

    [Theory]
    [InlineData(Update, null, WriteTimeout, typeof(CqlWriteTimeoutException))]
    [InlineData(Update, null, Unavailable, typeof(CqlUnavailableException))]
    [InlineData(Update, true, Invalid, typeof(CqlInvalidQueryException))]
    [InlineData(Select, false, ReadTimeout, typeof(CqlReadTimeoutException))]
    [InlineData(Update + " IF v = 0", true, CasTimeout, typeof(CqlUnknownOutcomeException))]
    [InlineData(Update + " IF v = 0", true, ReadTimeout, typeof(CqlUnknownOutcomeException))]
    [InlineData(Update + " IF v = 0", true, Unavailable, typeof(CqlUnavailableException))]
    public async Task What_may_not_be_repeated_is_asked_once(string cql, bool? isIdempotent, string error, Type type)
    {
        await using var cluster = FailsOnce(error);
        await using var session = await cluster.ConnectAsync();
        var bound = (await session.PrepareAsync(cql)).Bind().Set(0, 1);
        bound.IsIdempotent = isIdempotent;
        var thrown = await Assert.ThrowsAnyAsync<CqlException>(() => session.ExecuteAsync(bound).AsTask());
        Assert.IsType(type, thrown);
        Assert.NotNull(thrown.Node);
        Assert.Single(cluster.Asked);
    }

    [Theory]
    [InlineData(Unavailable, true)]
    [InlineData(Invalid, true)]
    [InlineData(null, true)]
    [InlineData(Unavailable, false)]
    public async Task A_write_that_may_have_been_applied_stays_so_whatever_comes_after(string? second, bool isUnknown)
    {
        var count = 0;
        await using var cluster = new FakeCluster(3, (_, connection, header, _) =>
        {
            if (++count == 1) return connection.ErrorAsync(header.Stream, isUnknown ? WriteTimeout : Overloaded);
            if (second is not null) return connection.ErrorAsync(header.Stream, second);
            connection.Close();
            return Task.CompletedTask;
        });
        await using var session = await cluster.ConnectAsync();
        var bound = (await session.PrepareAsync(Update)).Bind().Set(0, 1);
        bound.IsIdempotent = true;
        var error = await Assert.ThrowsAnyAsync<CqlException>(() => session.ExecuteAsync(bound).AsTask());
        Assert.Equal(isUnknown, error.IsOutcomeUnknown);
        Assert.True(cluster.Asked.Count >= 2);
    }

    [Fact]
    public async Task A_write_that_may_have_been_applied_stays_so_when_no_other_node_can_be_asked()
    {
        await using var cluster = new FakeCluster(1, (_, connection, header, _) =>
            connection.ErrorAsync(header.Stream, WriteTimeout));
        await using var session = await cluster.ConnectAsync();
        var bound = (await session.PrepareAsync(Update)).Bind().Set(0, 1);
        bound.IsIdempotent = true;
        await Assert.ThrowsAsync<CqlWriteTimeoutException>(() => session.ExecuteAsync(bound).AsTask());
    }

    [Fact]
    public async Task A_speculation_that_fails_does_not_end_a_read_that_is_under_way()
    {
        var first = -1;
        var failed = new TaskCompletionSource();
        await using var cluster = new FakeCluster(3, async (node, connection, header, _) =>
        {
            if (Interlocked.CompareExchange(ref first, node, -1) == -1)
            {
                await failed.Task;
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
                await connection.IntAsync(header.Stream, 7);
                return;
            }

            await connection.ErrorAsync(header.Stream, Overloaded);
            failed.TrySetResult();
        });
        await using var session = await cluster.ConnectAsync(options =>
        {
            options.SpeculativeDelay = TimeSpan.FromMilliseconds(20);
            options.RetriesMax = 0;
        });
        using var rows = await session.ExecuteAsync((await session.PrepareAsync(Select)).Bind().Set(0, 1));
        Assert.Equal(7, rows[0].GetInt32(0));
    }

    [Fact]
    public async Task Nobody_to_ask_is_an_error_that_says_why_of_each_node()
    {
        await using var cluster = new FakeCluster(2, (_, connection, header, _) =>
            connection.VoidAsync(header.Stream));
        await using var session = await cluster.ConnectAsync();
        var bound = (await session.PrepareAsync(Select)).Bind().Set(0, 1);
        foreach (var peer in cluster.Peers) await peer.DisposeAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        CqlNoHostException? error = null;
        while (error is null || error.Attempts.Count < 2)
        {
            patience.Token.ThrowIfCancellationRequested();
            error = await Record.ExceptionAsync(() => session.ExecuteAsync(bound).AsTask()) as CqlNoHostException;
        }

        Assert.Equal(
            cluster.Peers.Select(peer => peer.EndPoint.Port).Order(),
            error.Attempts.Keys.Cast<System.Net.IPEndPoint>().Select(node => node.Port).Order());
        Assert.False(error.IsOutcomeUnknown);
    }

    [Fact]
    public async Task A_cluster_of_which_no_node_can_be_used_is_refused_at_once()
    {
        await using var cluster = new FakeCluster(1, (_, _, _, _) => Task.CompletedTask);
        cluster.Peers[0].ConnectionsMax = 1; // that which watches
        var error = await Assert.ThrowsAsync<CqlNoHostException>(() => cluster.ConnectAsync());
        Assert.IsType<CqlConnectionException>(Assert.Single(error.Attempts).Value);
    }

    [Fact]
    public async Task A_data_centre_without_nodes_is_refused_at_once()
    {
        await using var cluster = new FakeCluster(1, (_, _, _, _) => Task.CompletedTask);
        var error = await Assert.ThrowsAsync<CqlNoHostException>(() =>
            cluster.ConnectAsync(options => options.LocalDataCenter = "dc7"));
        Assert.Contains("dc7", error.Message, StringComparison.Ordinal);
        Assert.Contains("dc1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_serial_read_that_times_out_is_an_unknown_outcome()
    {
        await using var cluster = FailsOnce(ReadTimeout);
        await using var session = await cluster.ConnectAsync();
        var bound = (await session.PrepareAsync(Select)).Bind().Set(0, 1);
        bound.Consistency = Consistency.Serial;
        var error = await Assert.ThrowsAsync<CqlUnknownOutcomeException>(() => session.ExecuteAsync(bound).AsTask());
        Assert.IsType<CqlReadTimeoutException>(error.InnerException);
        Assert.True(error is { IsOutcomeUnknown: true, IsRetryable: false });
        Assert.Single(cluster.Asked);
    }

    [Theory]
    [InlineData(Update, null, typeof(CqlTimeoutException), 1)]
    [InlineData(Update + " IF EXISTS", null, typeof(CqlUnknownOutcomeException), 1)]
    [InlineData(Update, true, null, 2)]
    public async Task No_answer_in_time_is_an_unknown_outcome_of_a_write(
        string cql, bool? isIdempotent, Type? type, int asked)
    {
        var isFirst = 1;
        await using var cluster = new FakeCluster(3, (_, connection, header, _) =>
            Interlocked.Exchange(ref isFirst, 0) == 1 ? Task.CompletedTask : connection.VoidAsync(header.Stream));
        await using var session = await cluster.ConnectAsync();
        var bound = (await session.PrepareAsync(cql)).Bind().Set(0, 1);
        bound.IsIdempotent = isIdempotent;
        bound.Timeout = TimeSpan.FromMilliseconds(200);
        var thrown = await Record.ExceptionAsync(() => session.ExecuteAsync(bound).AsTask());
        Assert.Equal(type, thrown?.GetType());
        if (thrown is CqlException error) Assert.True(error.IsOutcomeUnknown);
        Assert.Equal(asked, cluster.Asked.Count);
    }

    [Fact]
    public async Task Retries_come_to_an_end()
    {
        await using var cluster = new FakeCluster(3, (_, connection, header, _) =>
            connection.ErrorAsync(header.Stream, ReadTimeout));
        await using var session = await cluster.ConnectAsync(options => options.RetriesMax = 1);
        var bound = (await session.PrepareAsync(Select)).Bind().Set(0, 1);
        await Assert.ThrowsAsync<CqlReadTimeoutException>(() => session.ExecuteAsync(bound).AsTask());
        Assert.Equal(2, cluster.Asked.Count);
    }

    [Fact]
    public async Task Each_attempt_carries_the_same_stamp_and_consistency()
    {
        var bodies = new List<byte[]>();
        await using var cluster = new FakeCluster(2, (_, connection, header, body) =>
        {
            bodies.Add(body);
            return bodies.Count == 1
                ? connection.ErrorAsync(header.Stream, WriteTimeout)
                : connection.VoidAsync(header.Stream);
        });
        await using var session = await cluster.ConnectAsync();
        var bound = (await session.PrepareAsync(Update)).Bind().Set(0, 1);
        bound.IsIdempotent = true;
        bound.TimestampMicroseconds = 0x0102030405060708;
        bound.Consistency = Consistency.All;
        await session.ExecuteAsync(bound);
        Assert.Equal(bodies[0], bodies[1]);
        Assert.Equal(
            Convert.ToHexString(Hex.Bytes("0002 CAFE 0001 01 0005 00000021 0001 00000004 00000001 0102030405060708")),
            Convert.ToHexString(bodies[0]));
    }

    [Fact]
    public async Task A_statement_that_a_node_does_not_know_is_prepared_there_and_executed_once()
    {
        var executions = 0;
        await using var cluster = new FakeCluster(1, (_, connection, header, _) =>
            Interlocked.Increment(ref executions) == 1
                ? connection.ErrorAsync(header.Stream, "00002500 0000 0002 CAFE")
                : connection.VoidAsync(header.Stream));
        await using var session = await cluster.ConnectAsync();
        var bound = (await session.PrepareAsync(Update + " IF EXISTS")).Bind().Set(0, 1);
        using var rows = await session.ExecuteAsync(bound);
        Assert.Equal(2, executions);
    }

    [Fact]
    public async Task A_node_that_never_learns_a_statement_is_given_up()
    {
        await using var cluster = new FakeCluster(1, (_, connection, header, _) =>
            connection.ErrorAsync(header.Stream, "00002500 0000 0002 CAFE"));
        await using var session = await cluster.ConnectAsync();
        var bound = (await session.PrepareAsync(Update)).Bind().Set(0, 1);
        await Assert.ThrowsAsync<CqlUnpreparedException>(() => session.ExecuteAsync(bound).AsTask());
        Assert.Equal(2, cluster.Asked.Count);
    }

    [Fact]
    public async Task A_slow_read_is_asked_elsewhere_and_the_first_answer_wins()
    {
        var first = -1;
        await using var cluster = new FakeCluster(3, (node, connection, header, _) =>
        {
            Interlocked.CompareExchange(ref first, node, -1);
            return node == first ? Task.CompletedTask : connection.IntAsync(header.Stream, node);
        });
        await using var session = await cluster.ConnectAsync(options =>
            options.SpeculativeDelay = TimeSpan.FromMilliseconds(20));
        using var rows = await session.ExecuteAsync((await session.PrepareAsync(Select)).Bind().Set(0, 1));
        Assert.NotEqual(first, rows[0].GetInt32(0));
        Assert.Equal(2, cluster.Asked.Count);
    }

    [Fact]
    public async Task A_slow_write_is_not_asked_elsewhere()
    {
        var slow = new TaskCompletionSource();
        await using var cluster = new FakeCluster(3, async (_, connection, header, _) =>
        {
            await slow.Task;
            await connection.VoidAsync(header.Stream);
        });
        await using var session = await cluster.ConnectAsync(options =>
            options.SpeculativeDelay = TimeSpan.FromMilliseconds(1));
        var bound = (await session.PrepareAsync(Update)).Bind().Set(0, 1);
        bound.IsIdempotent = true;
        var write = session.ExecuteAsync(bound).AsTask();
        await Assert.ThrowsAsync<TimeoutException>(() => write.WaitAsync(TimeSpan.FromMilliseconds(100)));
        slow.SetResult();
        await write;
        Assert.Single(cluster.Asked);
    }

    [Fact]
    public async Task A_node_that_refuses_connections_is_avoided()
    {
        await using var cluster = new FakeCluster(3, (node, connection, header, _) =>
            connection.IntAsync(header.Stream, node));
        await cluster.Peers[1].DisposeAsync();
        await using var session = await cluster.ConnectAsync();
        var select = await session.PrepareAsync(Select);
        for (var key = 0; key < 30; key++) (await session.ExecuteAsync(select.Bind().Set(0, key))).Dispose();
        Assert.DoesNotContain(1, cluster.Asked);
    }

    [Fact]
    public async Task A_cancelled_request_ends_at_once_and_says_so()
    {
        await using var cluster = new FakeCluster(1, (_, _, _, _) => Task.CompletedTask);
        await using var session = await cluster.ConnectAsync(options => options.CloseTimeout = TimeSpan.Zero);
        var bound = (await session.PrepareAsync(Select)).Bind().Set(0, 1);
        using var cancellation = new CancellationTokenSource();
        var read = session.ExecuteAsync(bound, cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Assert.Equal(cancellation.Token, error.CancellationToken);
    }

    private static FakeCluster FailsOnce(string error)
    {
        var isFirst = 1;
        return new FakeCluster(3, (_, connection, header, _) => Interlocked.Exchange(ref isFirst, 0) == 1
            ? connection.ErrorAsync(header.Stream, error)
            : connection.VoidAsync(header.Stream));
    }
}
