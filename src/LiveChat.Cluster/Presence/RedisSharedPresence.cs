using System.Collections.Concurrent;
using LiveChat.Core.Nodes;
using LiveChat.Core.Presence;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace LiveChat.Cluster.Presence;

/// <summary>
/// Presence in Redis, or in a Redis Cluster.
/// <code>
/// user:ID:presence          → 'online', with the time to live of the longest entry; any program reads it
/// {user:ID:presence}:nodes  → sorted set of node names, each with the end of its entry in Unix milliseconds
/// livechat:probe:NODE:RUN   → the number of the last probe; an hour
/// channel user:ID:presence  → 'came', 'went' or 'changed' (sharded)
/// </code>
/// A beat writes both keys of a user in one script, and tells the channel when the first was not there. Who leaves
/// takes the entry of its node; when none is left both keys go, and the channel is told. A read asks for what is left
/// of the first key, and is answered only where the last probe is. A script has users of one slot in a cluster, else up
/// to 128; all scripts of a call are on their way at once. Nothing is atomic beyond a script, and nothing has to be.
/// Any thread.
/// </summary>
internal sealed class RedisSharedPresence : ISharedPresence, IAsyncDisposable
{
    private const int UsersPerScript = 128;

    /// <summary>After so many probes, one a second, that a replica refused, the sentinels are asked for the master
    /// again: the library may not have heard, or not have understood, that it is another one.</summary>
    private const int ReadOnlyMax = 10;

    private readonly RedisConnection _connection;
    private readonly RedisHealth _health;
    private readonly RedisValue _node;
    private readonly RedisProbes _probes;
    private readonly Action<RedisChannel, RedisValue> _heard;

    /// <summary>The users whom this node follows, or tried to.</summary>
    private readonly ConcurrentDictionary<UserId, bool> _followed = new();
    private Action<PresenceNews> _told = static _ => { };
    private volatile bool _isExamined;

    /// <summary>How often a connection broke or came back, and up to which time of that the probe was answered: what is
    /// read between may come from another server.</summary>
    private int _interruptions;
    private volatile int _proved;

    /// <summary>How many probes in a row a replica refused.</summary>
    private int _readOnly;

    /// <param name="options">Where it is.</param>
    /// <param name="node">The stable name of this node, and of none other.</param>
    /// <param name="run">Tells the runs of the node apart.</param>
    /// <param name="time">For pauses.</param>
    /// <param name="loggers">Hear what Redis refuses.</param>
    /// <exception cref="IOException">A file of the options cannot be read.</exception>
    public RedisSharedPresence(
        RedisOptions options, string node, string run, TimeProvider time, ILoggerFactory loggers)
    {
        (_node, _heard) = (node, Hear);
        _health = new RedisHealth(loggers.CreateLogger<RedisHealth>());
        _probes = new RedisProbes($"{node}:{run}");
        _connection = new RedisConnection(options, _health, time, loggers) { Interrupted = Interrupt };
    }

    /// <summary>The states in which Redis refuses.</summary>
    public IReadOnlyList<RefusingState> States => [_health.Refused];

    public ValueTask RefreshAsync(IReadOnlyList<PresenceBeat> beats, CancellationToken cancellationToken) => RunAsync(
        RedisScripts.Refresh,
        [.. beats.Where(static beat => beat.Left > TimeSpan.Zero)],
        static beat => beat.User,
        batch => [_node, .. batch.Select(static beat => (RedisValue)(long)beat.Left.TotalMilliseconds)],
        cancellationToken);

    public ValueTask DropAsync(IReadOnlyList<UserId> users, CancellationToken cancellationToken) =>
        RunAsync(RedisScripts.Drop, users, static user => user, _ => [_node], cancellationToken);

    public async ValueTask<IReadOnlyList<TimeSpan>> ReadAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        if (_proved != Volatile.Read(ref _interruptions))
            throw new PresenceDegradedException("The connection to Redis is new.");
        var redis = _connection.Open;
        var left = new TimeSpan[users.Count];
        await AllAsync(
            Batches(redis, users.Select(static (user, at) => (user, at)), static one => one.user)
                .Select(async batch =>
                {
                    var found = await LeftAsync(redis, [.. batch.Select(static one => one.user)]);
                    for (var i = 0; i < batch.Length; i++) left[batch[i].at] = LeftOf(found[i]);
                }),
            cancellationToken);
        return left;
    }

    /// <summary>For how many milliseconds the users of one slot are online. A server that does not have what the probe
    /// confirmed says nothing: while one takes over from another, a read may reach either.</summary>
    private async Task<long[]> LeftAsync(ConnectionMultiplexer redis, IReadOnlyList<UserId> users)
    {
        RedisKey[] keys = [.. users.Select(static user => (RedisKey)RedisKeys.Online(user))];
        var (probe, number) = _probes.Of(redis.HashSlot(keys[0]));
        var found = await redis.GetDatabase().ScriptEvaluateAsync(RedisScripts.Left, keys, [(string?)probe, number]);
        return found.IsNull
            ? throw new PresenceDegradedException("Redis has lost entries, or another one answers.")
            : (long[])found!;
    }

    public async ValueTask AnnounceAsync(UserId user, CancellationToken cancellationToken) => await AllAsync(
        [_connection.Open.GetSubscriber().PublishAsync(RedisKeys.News(user), "changed")], cancellationToken);

    public async ValueTask FollowAsync(
        IReadOnlyList<UserId> begun,
        IReadOnlyList<UserId> ended,
        Action<PresenceNews> told,
        CancellationToken cancellationToken)
    {
        Volatile.Write(ref _told, told);
        var news = _connection.Open.GetSubscriber();
        await AllAsync(
            [
                .. ended.Select(user => UnsubscribeAsync(news, user)),
                .. begun.Select(user => SubscribeAsync(news, user)),
            ],
            cancellationToken);
    }

    public async ValueTask<long> ProbeAsync(CancellationToken cancellationToken)
    {
        await _connection.Opening.WaitAsync(cancellationToken);
        var redis = _connection.Open;
        var interruptions = Volatile.Read(ref _interruptions);
        await AllAsync([_isExamined ? Task.CompletedTask : ExamineAsync(redis)], cancellationToken);
        var losses = 0L;
        try
        {
            await AllAsync([ProbeAsync(redis)], cancellationToken);
        }
        catch (RedisServerException e) when (RedisErrors.IsReadOnly(e))
        {
            if (Interlocked.Increment(ref _readOnly) % ReadOnlyMax == 0) _connection.Renew();
            throw;
        }

        Volatile.Write(ref _readOnly, 0);
        _health.Works();
        _proved = interruptions;
        return losses;

        async Task ProbeAsync(ConnectionMultiplexer of) => losses = await _probes.WriteAsync(of);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>The library keeps the handler of a try that failed, or that was given up and succeeded later, and would
    /// call it twice after the next try.</summary>
    private async Task SubscribeAsync(ISubscriber news, UserId user)
    {
        var channel = RedisKeys.News(user);
        if (!_followed.TryAdd(user, true)) await ForgetAsync(news, channel);
        await news.SubscribeAsync(channel, _heard);
    }

    private Task UnsubscribeAsync(ISubscriber news, UserId user)
    {
        _followed.TryRemove(user, out _);
        return news.UnsubscribeAsync(RedisKeys.News(user));
    }

    private static async Task ForgetAsync(ISubscriber news, RedisChannel channel)
    {
        try
        {
            await news.UnsubscribeAsync(channel);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            // The server has nothing of it either.
        }
    }

    private async ValueTask RunAsync<T>(
        string script,
        IReadOnlyList<T> items,
        Func<T, UserId> userOf,
        Func<T[], RedisValue[]> argumentsOf,
        CancellationToken cancellationToken)
    {
        var redis = _connection.Open;
        await AllAsync(
            Batches(redis, items, userOf).Select(batch => redis.GetDatabase().ScriptEvaluateAsync(
                script, [.. batch.SelectMany(item => KeysOf(userOf(item)))], argumentsOf(batch))),
            cancellationToken);
    }

    private static IEnumerable<T[]> Batches<T>(
        ConnectionMultiplexer redis, IEnumerable<T> items, Func<T, UserId> userOf) => items
        .GroupBy(item => redis.HashSlot(RedisKeys.Online(userOf(item))))
        .SelectMany(static ofSlot => ofSlot.Chunk(UsersPerScript));

    private static RedisKey[] KeysOf(UserId user) => [RedisKeys.Online(user), RedisKeys.Nodes(user)];

    private static TimeSpan LeftOf(long milliseconds) =>
        milliseconds == -1 ? PresenceLimits.Lifetime : TimeSpan.FromMilliseconds(milliseconds);

    /// <summary>Waits for all, and notes what Redis refuses.</summary>
    private async Task AllAsync(IEnumerable<Task> calls, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(calls).WaitAsync(cancellationToken);
        }
        catch (RedisException e)
        {
            _health.Note(e);
            throw;
        }
    }

    /// <summary>Looks once for each connection whether the servers are as they should be.</summary>
    private async Task ExamineAsync(ConnectionMultiplexer redis)
    {
        var isRefused = false;
        foreach (var server in redis.GetServers().Where(RedisConnection.IsMaster))
            foreach (var finding in RedisChecks.Of(await RedisFacts.ReadAsync(server)))
            {
                _health.Note(finding);
                isRefused |= finding is { Verdict: ServiceVerdict.Refused, Name: "version" };
            }

        if (isRefused) throw new PresenceDegradedException("Redis is too old.");
        _isExamined = true;
    }

    private void Interrupt()
    {
        Interlocked.Increment(ref _interruptions);
        _isExamined = false;
        Volatile.Read(ref _told)(new PresenceNews(PresenceNewsKind.Missed, default));
    }

    private void Hear(RedisChannel channel, RedisValue what)
    {
        if (RedisKeys.UserOf(channel.ToString()) is not { } user) return;
        var kind = (string?)what switch
        {
            "came" => PresenceNewsKind.Came,
            "went" => PresenceNewsKind.Went,
            _ => PresenceNewsKind.Changed,
        };
        Volatile.Read(ref _told)(new PresenceNews(kind, user));
    }
}
