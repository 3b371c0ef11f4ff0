using StackExchange.Redis;

namespace LiveChat.Cluster.Presence;

/// <summary>
/// Numbers that one run of a node writes into each master, and reads the former one of: a master that has a lower one
/// than it confirmed was emptied, put back, or replaced by a replica that was behind. Any thread: a call that was given
/// up may end beside the next one. The lock keeps what is confirmed.
/// </summary>
/// <param name="run">The node and its run.</param>
internal sealed class RedisProbes(string run)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<RedisKey, long> _confirmed = [];
    private long _number;

    /// <summary>False when a master has lost what it confirmed.</summary>
    /// <exception cref="RedisException">One does not answer, or refuses.</exception>
    public async Task<bool> WriteAsync(ConnectionMultiplexer redis)
    {
        var number = Interlocked.Increment(ref _number);
        var keys = KeysOf(redis);
        long[] confirmed;
        lock (_lock) confirmed = [.. keys.Select(key => _confirmed.GetValueOrDefault(key))];
        var database = redis.GetDatabase();
        var former = await Task.WhenAll(
            keys.Select(key => database.ScriptEvaluateAsync(RedisScripts.Probe, [key], [number])));
        lock (_lock)
        {
            foreach (var key in keys) _confirmed[key] = Math.Max(number, _confirmed.GetValueOrDefault(key));
            foreach (var gone in _confirmed.Keys.Except(keys).ToArray()) _confirmed.Remove(gone);
        }

        return !former.Where((there, at) => (long)there < confirmed[at]).Any();
    }

    /// <summary>One key for each master that has slots, in its lowest one; just one where there is no cluster.
    /// </summary>
    private List<RedisKey> KeysOf(ConnectionMultiplexer redis)
    {
        var nodes = redis.GetServers()
            .Where(static server => server is { ServerType: ServerType.Cluster, IsConnected: true })
            .Select(static server => server.ClusterConfiguration)
            .FirstOrDefault(static configuration => configuration is not null)?.Nodes;
        return nodes is null
            ? [RedisKeys.Probe(run, slot: null)]
            :
            [
                .. nodes.Where(static node => !node.IsReplica && node.Slots.Count > 0)
                    .Select(node => RedisKeys.Probe(run, node.Slots.Min(static range => range.From))),
            ];
    }
}
