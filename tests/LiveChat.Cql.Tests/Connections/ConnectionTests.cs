using LiveChat.Cql.Connections;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Tests.Protocol;

namespace LiveChat.Cql.Tests.Connections;

/// <summary>One connection against a server that misbehaves.</summary>
public sealed class ConnectionTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Answers_out_of_order_find_their_requests(ProtocolVersion version)
    {
        var held = new List<(FakeConnection Connection, EnvelopeHeader Header, byte[] Body)>();
        await using var peer = new FakePeer(async (connection, header, body) =>
        {
            held.Add((connection, header, body));
            if (held.Count < 20) return;
            foreach (var (to, asked, text) in Enumerable.Reverse(held)) await to.IntAsync(asked.Stream, text[4]);
        })
        {
            VersionMax = version,
        };
        await using var connection = await ConnectAsync(peer);
        Assert.Equal(version, connection.Version);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => AskAsync(connection, number)));
        Assert.Equal(Enumerable.Range('a', 20), answers);
    }

    [Fact]
    public async Task An_answer_in_pieces_is_an_answer()
    {
        await using var peer = new FakePeer(async (connection, header, _) =>
        {
            foreach (var one in connection.Encode(header.Stream, Opcode.Result, Hex.Bytes("00000001")))
                await connection.RawAsync([one]);
        });
        await using var connection = await ConnectAsync(peer);
        await SendAsync(connection);
    }

    [Fact]
    public async Task A_caller_that_keeps_the_thread_of_its_answer_holds_up_nobody()
    {
        await using var peer = new FakePeer((connection, header, _) => connection.VoidAsync(header.Stream));
        await using var connection = await ConnectAsync(peer);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => HoldAsync(connection)));
    }

    [Fact]
    public async Task Callers_that_keep_their_threads_hold_up_nobody_whose_answer_came_with_theirs()
    {
        const int Callers = 4;
        var held = new List<byte>();
        var count = 0;
        await using var peer = new FakePeer(async (connection, header, _) =>
        {
            held.AddRange(connection.Encode(header.Stream, Opcode.Result, Hex.Bytes("00000001")));
            if (++count % Callers > 0) return;
            await connection.RawAsync([.. held]);
            held.Clear();
        });
        await using var connection = await ConnectAsync(peer);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => HoldAsync(connection)));
    }

    /// <summary>Goes on in the thread that read the answer, and blocks it until the next answer has come.</summary>
    private static async Task HoldAsync(CqlConnection connection)
    {
        for (var round = 0; round < 50; round++)
        {
            (await connection.SendAsync(new PrepareRequest("x"), Long, false, default).ConfigureAwait(false)).Return();
            var next = SendAsync(connection);
            Assert.True(((IAsyncResult)next).AsyncWaitHandle.WaitOne(Long));
        }
    }

    [Fact]
    public async Task An_answer_reaches_its_caller_although_broken_bytes_come_with_it()
    {
        await using var peer = new FakePeer(async (connection, header, _) =>
            await connection.RawAsync(
                [.. connection.Encode(header.Stream, Opcode.Result, Hex.Bytes("00000001")), .. new byte[64]]));
        await using var connection = await ConnectAsync(peer);
        await SendAsync(connection);
        await connection.Closed.WaitAsync(Long);
    }

    [Fact]
    public async Task Half_an_answer_and_then_silence_ends_in_a_time_out()
    {
        await using var peer = new FakePeer((connection, header, _) =>
            connection.RawAsync(connection.Encode(header.Stream, Opcode.Result, new byte[100])[..50]));
        await using var connection = await ConnectAsync(peer);
        var error = await Assert.ThrowsAsync<CqlTimeoutException>(() =>
            connection.SendAsync(default(OptionsRequest), TimeSpan.FromMilliseconds(200), true, default).AsTask());
        Assert.True(error.IsOutcomeUnknown);
        Assert.Equal(peer.EndPoint, error.Node);
    }

    [Fact]
    public async Task An_answer_that_nobody_asked_for_closes_the_connection()
    {
        await using var peer = new FakePeer((connection, _, _) => connection.VoidAsync(77));
        await using var connection = await ConnectAsync(peer);
        var error = await Assert.ThrowsAsync<CqlConnectionException>(() => SendAsync(connection));
        Assert.IsType<CqlProtocolException>(error.InnerException);
        Assert.False(connection.IsOpen);
    }

    [Fact]
    public async Task An_answer_twice_closes_the_connection_without_reaching_another_request()
    {
        await using var peer = new FakePeer(async (connection, header, _) =>
        {
            await connection.VoidAsync(header.Stream);
            await connection.VoidAsync(header.Stream);
        });
        await using var connection = await ConnectAsync(peer);
        await SendAsync(connection);
        await connection.Closed.WaitAsync(Long);
    }

    [Fact]
    public async Task A_late_answer_reaches_nobody_and_frees_its_stream()
    {
        var late = new List<short>();
        await using var peer = new FakePeer(async (connection, header, body) =>
        {
            if (header.Opcode == Opcode.Options)
            {
                late.Add(header.Stream); // answered only when the next request comes
                return;
            }

            foreach (var stream in late) await connection.IntAsync(stream, 666);
            late.Clear();
            await connection.IntAsync(header.Stream, body[4]);
        });
        await using var connection = await ConnectAsync(peer, options => options.InFlightMax = options.OrphansMax = 3);
        for (var round = 0; round < 5; round++)
        {
            using var cancellation = new CancellationTokenSource();
            var given = Enumerable.Range(0, 2).Select(_ =>
                connection.SendAsync(default(OptionsRequest), Long, false, cancellation.Token).AsTask()).ToArray();
            await cancellation.CancelAsync();
            foreach (var task in given) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
            Assert.Equal('b', await AskAsync(connection, 1));
        }

        Assert.Equal(0, connection.InFlight);
    }

    [Fact]
    public async Task Requests_beyond_the_streams_wait_for_one()
    {
        var most = 0;
        var held = new Queue<EnvelopeHeader>();
        await using var peer = new FakePeer(async (connection, header, _) =>
        {
            held.Enqueue(header);
            most = Math.Max(most, held.Count);
            if (held.Count == 4) await connection.VoidAsync(held.Dequeue().Stream);
            if (header.Opcode == Opcode.Options) return;
            while (held.TryDequeue(out var one)) await connection.VoidAsync(one.Stream);
        });
        await using var connection = await ConnectAsync(peer, options => options.InFlightMax = options.OrphansMax = 4);
        var many = Enumerable.Range(0, 50).Select(_ =>
            connection.SendAsync(default(OptionsRequest), Long, false, default).AsTask()).ToArray();
        await Task.WhenAll(many[..47]);
        await SendAsync(connection);
        await Task.WhenAll(many);
        Assert.InRange(most, 1, 4);
    }

    [Fact]
    public async Task Too_many_that_wait_are_refused()
    {
        await using var peer = new FakePeer((_, _, _) => Task.CompletedTask);
        await using var connection = await ConnectAsync(peer, options =>
        {
            options.InFlightMax = options.OrphansMax = 1;
            options.WaitingMax = 2;
        });
        var waiting = Enumerable.Range(0, 3).Select(_ => SendAsync(connection)).ToArray();
        var error = await Assert.ThrowsAsync<CqlBusyException>(() => SendAsync(connection));
        Assert.False(error.IsOutcomeUnknown);
        await connection.DisposeAsync();
        foreach (var one in waiting) await Assert.ThrowsAsync<CqlConnectionException>(() => one);
    }

    [Fact]
    public async Task A_peer_that_reads_nothing_makes_requests_wait_and_then_fail_unsent()
    {
        var never = new TaskCompletionSource();
        await using var peer = new FakePeer((_, _, _) => never.Task);
        await using var connection = await ConnectAsync(peer);
        var large = new PrepareRequest(new string('x', 500_000));
        var time = TimeSpan.FromMilliseconds(300);
        var errors = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ =>
            Record.ExceptionAsync(() => connection.SendAsync(large, time, isWrite: true, default).AsTask()).AsTask()));
        Assert.All(errors, error => Assert.IsType<CqlTimeoutException>(error));
        Assert.Contains(errors, error => error is CqlTimeoutException { IsOutcomeUnknown: true });
        Assert.Contains(errors, error => error is CqlTimeoutException { IsOutcomeUnknown: false });
        never.SetResult();
    }

    [Fact]
    public void A_request_that_was_given_up_before_it_was_sent_leaves_its_stream()
    {
        var streams = new StreamTable(streamsMax: 1, waitingMax: 0);
        Assert.Null(streams.Take(out var stream));
        var request = new PendingRequest { Stream = stream };
        streams.Add(request);
        Assert.True(streams.TryOrphan(request));
        streams.Withdraw(request);
        Assert.Equal((0, 0), (streams.TakenCount, streams.OrphanCount));
        Assert.Null(streams.Take(out _));
    }

    [Fact]
    public async Task Too_many_orphans_replace_the_connection_and_end_nothing_that_is_under_way()
    {
        var held = new TaskCompletionSource<(FakeConnection Connection, short Stream)>();
        await using var peer = new FakePeer((connection, header, _) =>
        {
            if (header.Opcode == Opcode.Prepare) held.SetResult((connection, header.Stream));
            return Task.CompletedTask;
        });
        var options = Options(peer);
        options.OrphansMax = 3;
        await using var pool = new NodePool(peer.EndPoint, options);
        await pool.Tried.WaitAsync(Long);
        var worn = pool.Pick()!; // it was tried, and the peer accepts
        var write = SendAsync(worn);
        await OrphanAsync(worn, 3);
        using var patience = new CancellationTokenSource(Long);
        while (pool.Pick() == worn)
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
        Assert.True(worn.IsOpen);
        var (connection, stream) = await held.Task.WaitAsync(Long);
        await connection.VoidAsync(stream);
        await write;
        await worn.Closed.WaitAsync(Long);
        Assert.True(pool.Pick() is { IsOpen: true });
        Assert.Equal(2, peer.ConnectionCount);
    }

    [Fact]
    public async Task Too_many_orphans_of_a_silent_node_close_the_connection()
    {
        await using var peer = new FakePeer((_, _, _) => Task.CompletedTask);
        await using var connection = await ConnectAsync(peer, options =>
        {
            options.OrphansMax = 3;
            options.HeartbeatInterval = TimeSpan.FromHours(1);
            options.HeartbeatTimeout = TimeSpan.FromMilliseconds(200);
        });
        var write = SendAsync(connection);
        await OrphanAsync(connection, 3);
        var error = await Assert.ThrowsAsync<CqlConnectionException>(() => write.WaitAsync(Long));
        Assert.True(error.IsOutcomeUnknown);
    }

    private static async Task OrphanAsync(CqlConnection connection, int count)
    {
        using var cancellation = new CancellationTokenSource();
        var given = Enumerable.Range(0, count).Select(_ =>
            connection.SendAsync(default(OptionsRequest), Long, false, cancellation.Token).AsTask()).ToArray();
        await cancellation.CancelAsync();
        foreach (var one in given) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
    }

    [Fact]
    public async Task A_silent_server_is_found_out_by_the_heartbeat()
    {
        await using var peer = new FakePeer((_, _, _) => Task.CompletedTask);
        await using var connection = await ConnectAsync(peer, options =>
            options.HeartbeatInterval = options.HeartbeatTimeout = TimeSpan.FromMilliseconds(200));
        var request = SendAsync(connection);
        await connection.Closed.WaitAsync(Long);
        var error = await Assert.ThrowsAsync<CqlConnectionException>(() => request);
        Assert.True(error.IsOutcomeUnknown);
    }

    [Fact]
    public async Task An_idle_connection_to_a_live_server_stays()
    {
        var beats = new TaskCompletionSource();
        var count = 0;
        await using var peer = new FakePeer(async (connection, header, _) =>
        {
            await connection.SendAsync(header.Stream, Opcode.Supported, [0, 0]);
            if (++count == 3) beats.SetResult();
        });
        await using var connection = await ConnectAsync(peer, options =>
        {
            options.HeartbeatInterval = TimeSpan.FromMilliseconds(50);
            options.HeartbeatTimeout = Long;
        });
        await beats.Task.WaitAsync(Long);
        Assert.True(connection.IsOpen);
    }

    [Fact]
    public async Task A_closed_socket_fails_what_is_under_way_and_what_comes_later()
    {
        await using var peer = new FakePeer((connection, _, _) =>
        {
            connection.Close();
            return Task.CompletedTask;
        });
        await using var connection = await ConnectAsync(peer);
        var sent = await Assert.ThrowsAsync<CqlConnectionException>(() => SendAsync(connection));
        Assert.True(sent is { WasSent: true, IsOutcomeUnknown: true });
        var unsent = await Assert.ThrowsAsync<CqlConnectionException>(() => SendAsync(connection));
        Assert.True(unsent is { WasSent: false, IsOutcomeUnknown: false });
    }

    [Fact]
    public async Task Endless_warnings_stay_inside_their_answer()
    {
        await using var peer = new FakePeer((connection, header, _) => connection.SendAsync(
            header.Stream, Opcode.Result, Hex.Bytes("FFFF 0001 \"w\" 00000001"), EnvelopeFlags.Warning));
        await using var connection = await ConnectAsync(peer);
        var answer = await connection.SendAsync(default(OptionsRequest), Long, false, default);
        Assert.Throws<CqlProtocolException>(() => ResultReader.ReadRows(answer, null));
        Assert.True(connection.IsOpen);
    }

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task An_answer_above_the_limit_fails_its_request_alone(ProtocolVersion version)
    {
        await using var peer = new FakePeer((connection, header, body) => connection.SendAsync(
            header.Stream, Opcode.Result, body.Length > 9 ? new byte[100_000] : Hex.Bytes("00000001")))
        {
            VersionMax = version,
        };
        await using var connection = await ConnectAsync(peer, options => options.BodyBytesMax = 50_000);
        var small = Enumerable.Range(0, 5).Select(_ => SendAsync(connection)).ToArray();
        var large = await Assert.ThrowsAsync<CqlTooLargeException>(() =>
            connection.SendAsync(new PrepareRequest("a large one"), Long, isWrite: false, default).AsTask());
        Assert.True(large is { Bytes: 100_000, IsRetryable: false, IsOutcomeUnknown: false });
        await Task.WhenAll(small);
        await SendAsync(connection);
        Assert.Equal(0, connection.InFlight);
    }

    [Theory]
    [InlineData("474554202F20485454502F312E310D0A0D0A")] // HTTP
    [InlineData("84 00 0000 08 7FFFFFFF")]
    [InlineData("000000000000000000000000")]
    public async Task Bytes_of_another_protocol_close_the_connection(string hex)
    {
        await using var peer = new FakePeer((connection, _, _) => connection.RawAsync(Hex.Bytes(hex)));
        await using var connection = await ConnectAsync(peer);
        var error = await Assert.ThrowsAsync<CqlConnectionException>(() => SendAsync(connection));
        Assert.IsType<CqlProtocolException>(error.InnerException);
    }

    [Fact]
    public async Task Events_reach_the_handler()
    {
        var happened = new TaskCompletionSource<ServerEvent>();
        await using var peer = new FakePeer(async (connection, header, _) =>
        {
            await connection.SendAsync(
                -1, Opcode.Event, Hex.Bytes("""000D "STATUS_CHANGE" 0002 "UP" 04 7F000001 00000001"""));
            await connection.VoidAsync(header.Stream);
        });
        await using var connection = await Handshake.ConnectAsync(
            peer.EndPoint, Options(peer), happened.SetResult, default);
        await SendAsync(connection);
        Assert.Equal("UP", (await happened.Task.WaitAsync(Long)).Change);
    }

    [Fact]
    public async Task An_older_server_is_asked_again_with_v4()
    {
        await using var peer = new FakePeer((connection, header, _) => connection.VoidAsync(header.Stream))
        {
            VersionMax = ProtocolVersion.V4,
        };
        await using var connection = await ConnectAsync(peer);
        Assert.Equal((ProtocolVersion.V4, 2), (connection.Version, peer.ConnectionCount));
        await SendAsync(connection);
    }

    [Fact]
    public async Task Closing_waits_for_answers_under_way()
    {
        var asked = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        await using var peer = new FakePeer(async (connection, header, _) =>
        {
            asked.SetResult();
            await answer.Task;
            await connection.VoidAsync(header.Stream);
        });
        await using var connection = await ConnectAsync(peer);
        var request = SendAsync(connection);
        await asked.Task;
        var closing = connection.CloseAsync(Long);
        Assert.False(closing.IsCompleted);
        answer.SetResult();
        await request;
        await closing;
        Assert.False(connection.IsOpen);
    }

    private static CqlOptions Options(FakePeer peer) => new() { ContactPoints = { peer.EndPoint } };

    private static Task<CqlConnection> ConnectAsync(FakePeer peer, Action<CqlOptions>? configure = null)
    {
        var options = Options(peer);
        configure?.Invoke(options);
        return Handshake.ConnectAsync(peer.EndPoint, options, null, default);
    }

    private static async Task SendAsync(CqlConnection connection)
    {
        var answer = await connection.SendAsync(new PrepareRequest("x"), Long, isWrite: true, default);
        answer.Return();
    }

    /// <summary>Asks with a letter and returns the number that comes back.</summary>
    private static async Task<int> AskAsync(CqlConnection connection, int number)
    {
        var request = new PrepareRequest($"{(char)('a' + number)}");
        using var rows = ResultReader.ReadRows(await connection.SendAsync(request, Long, false, default), null);
        return rows[0].GetInt32(0);
    }
}
