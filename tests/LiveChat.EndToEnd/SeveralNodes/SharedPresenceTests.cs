using System.Collections.Concurrent;
using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Presence;
using LiveChat.Cluster.Tests.Store;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.SeveralNodes;

/// <summary>
/// Who is online, by a real Redis, as it is told to devices of three real nodes: ann watches from one, the others come
/// and go at the other two. With <c>LIVECHAT_LONG=1</c>: a sign lasts a minute.
/// </summary>
[Collection(nameof(OnServices))]
public sealed class SharedPresenceTests(OneBroker broker, OneCassandra cassandra)
{
    /// <summary>How long a sign of a device lasts, and within what its end is told behind that.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ToldWithin = TimeSpan.FromSeconds(5);

    /// <summary>A machine that does other things tells later than one that does not.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(25);

    /// <summary>How often a device gives a sign.</summary>
    private static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_user_is_offline_when_the_last_device_is_gone_and_never_before()
    {
        Requirement.Long();
        await using var redis = await RedisProcess.StartAsync();
        await using var cluster = await StartAsync(redis);
        await using var ann = new Listener(await cluster.ConnectAsync("ann", cluster["node-1"]));
        await using var bob = new Listener(await cluster.ConnectAsync("bob", cluster["node-2"]));
        await using var cat = new Listener(await cluster.ConnectAsync("cat", cluster["node-2"]));
        using (var elsewhere = await cluster.ConnectAsync("bob", cluster["node-3"]))
        {
            await WatchAsync(ann, "bob", "cat");
            await elsewhere.Socket.CloseOutputAsync(
                System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }

        // One of two devices has left; then the node of the other dies, and bob has come to another one before.
        await Task.Delay(BeatEvery, TimeProvider.System);
        Assert.Empty(ann.Told);
        await using var back = new Listener(await cluster.ConnectAsync("bob", cluster["node-3"]));
        await cluster["node-2"].Server.KillAsync();
        var killedAt = TimeProvider.System.GetTimestamp();
        await BrokerLog.UntilAsync(() => Task.FromResult(!ann.Told.IsEmpty));
        Assert.InRange(
            TimeProvider.System.GetElapsedTime(killedAt),
            Lifetime - BeatEvery - ToldWithin,
            Lifetime + ToldWithin + Slack);
        await Task.Delay(ToldWithin, TimeProvider.System);
        Assert.Equal([("cat", false)], ann.Told.Select(static told => (told.User, told.Online)));
    }

    [Fact]
    public async Task While_Redis_is_gone_for_a_minute_chat_goes_on_and_nobody_is_shown_offline()
    {
        Requirement.Long();
        await using var redis = await RedisProcess.StartAsync();
        await using var cluster = await StartAsync(redis);
        await using var ann = new Listener(await cluster.ConnectAsync("ann", cluster["node-1"]));
        await using var bob = new Listener(await cluster.ConnectAsync("bob", cluster["node-2"]));
        var chat = await WatchAsync(ann, "bob");
        await redis.KillAsync();
        await IsDegradedAsync(cluster, isSo: true);
        for (var turn = 0; turn < Lifetime / Turn; turn++)
        {
            Assert.IsType<Ack>(await bob.AskAsync(TestSocket.Message(chat, "goes on")));
            await Task.Delay(Turn, TimeProvider.System);
        }

        var problem = Assert.IsType<ErrorFrame>(await ann.AskAsync(new PresenceGet { Chat = chat, Users = ["bob"] }));
        Assert.Equal((ErrorCode.Unavailable, true), (problem.Problem.Code, problem.Problem.Retryable));

        // It comes back empty: in it nobody is online.
        await redis.StartAgainAsync();
        await IsDegradedAsync(cluster, isSo: false);
        var known = Assert.IsType<PresenceList>(
            await ann.AskAsync(new PresenceGet { Chat = chat, Users = ["bob"] }));
        Assert.True(known.Items[0].Online);
        await Task.Delay(BeatEvery, TimeProvider.System);
        Assert.Empty(ann.Told);
    }

    private static Task IsDegradedAsync(NodeCluster cluster, bool isSo) => BrokerLog.UntilAsync(async () =>
        (await cluster["node-1"].Inner.AskAsync("/readyz")).Contains("presence_degraded", StringComparison.Ordinal)
            == isSo);

    private Task<NodeCluster> StartAsync(RedisProcess redis) => NodeCluster.StartAsync(
        broker, cassandra, NodeCluster.Three, settings: new Dictionary<string, string>
        {
            ["LIVECHAT__PRESENCE__KIND"] = "Redis",
            ["LIVECHAT__PRESENCE__ENDPOINTS"] = redis.Address,
        });

    /// <summary>Watches all of them in a chat of their own, once all are online.</summary>
    private static async Task<string> WatchAsync(Listener ann, params string[] users)
    {
        var created = await ann.AskAsync(new ChatCreate { ClientId = TestSocket.Key(), Members = users });
        var chat = Assert.IsType<Ack>(created).Chat;
        await BrokerLog.UntilAsync(async () =>
            await ann.AskAsync(new PresenceGet { Chat = chat, Users = users }) is PresenceList { Items: var items }
            && items.All(static item => item.Online));
        Assert.IsType<PresenceList>(await ann.AskAsync(new PresenceWatching { Chat = chat, Users = users }));
        return chat;
    }

    /// <summary>A device that reads at all times, and answers pings.</summary>
    private sealed class Listener : IAsyncDisposable
    {
        private readonly TestSocket _socket;
        private readonly ConcurrentDictionary<uint, TaskCompletionSource<ServerFrame>> _asked = new();
        private readonly Task _reading;
        private uint _number = 1_000;

        public Listener(TestSocket socket)
        {
            (_socket, socket.Patience) = (socket, TimeSpan.FromMinutes(10));
            _reading = ReadAsync();
        }

        /// <summary>Who came or went, as it was told.</summary>
        public ConcurrentQueue<PresenceChanged> Told { get; } = [];

        /// <summary>One at a time.</summary>
        public async Task<ServerFrame> AskAsync(ClientFrame command)
        {
            var number = Interlocked.Increment(ref _number);
            var answer = _asked[number] = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await _socket.SendAsync(command with { Id = number });
            await await Task.WhenAny(answer.Task, _reading).WaitAsync(Lifetime, TimeProvider.System);
            return await answer.Task;
        }

        public async ValueTask DisposeAsync()
        {
            _socket.Socket.Abort();
            await _reading.ContinueWith(static _ => { }, TaskScheduler.Default);
            _socket.Dispose();
        }

        private async Task ReadAsync()
        {
            while (true)
            {
                var frame = await _socket.NextAsync<ServerFrame>();
                if (frame is Ping) await _socket.SendAsync(new Pong());
                if (frame is PresenceChanged changed) Told.Enqueue(changed);
                if (frame is not Accepted && frame.Re is { } number && _asked.TryGetValue(number, out var answer))
                    answer.TrySetResult(frame);
            }
        }
    }
}
