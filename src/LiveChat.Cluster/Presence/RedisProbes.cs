using StackExchange.Redis;

namespace LiveChat.Cluster.Presence;

/// <summary>
/// Numbers that one run of a node writes into each master, and reads the former one of: a master that has a lower one
/// than it confirmed was emptied, put back, or replaced by a replica that was behind. Any thread: a call that was given
/// up may end beside the next one. The lock keeps what is confirmed, and what the next call expects.
/// </summary>
/// <param name="run">The node and its run.</param>
internal sealed class RedisProbes(string run)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<RedisKey, long> _confirmed = [];
    private readonly Dictionary<RedisKey, long> _expected = [];
    private long _losses;
    private IReadOnlyList<Probed> _probed = [];
    private long _number;

    /// <summary>The probe of the master of a slot, and the number that it confirmed last: 0 when it has confirmed
    /// none.</summary>
    /// <param name="slot">The slot; any where there is no cluster.</param>
    public (RedisKey Key, long Number) Of(int slot)
    {
        foreach (var one in Volatile.Read(ref _probed))
            if (slot >= one.From && slot <= one.To)
                lock (_lock) return (one.Key, _confirmed.GetValueOrDefault(one.Key));
        return (RedisKeys.Probe(run, slot: null), 0);
    }

    /// <summary>How often a master had lost what it confirmed, in all calls. One that has is expected to have what it
    /// has from the next call on; reads believe it when that call has confirmed a number.</summary>
    /// <exception cref="RedisException">One does not answer, or refuses.</exception>
    public async Task<long> WriteAsync(ConnectionMultiplexer redis)
    {
        var number = Interlocked.Increment(ref _number);
        var probed = ProbedOf(redis);
        var keys = probed.Select(static one => one.Key).Distinct().ToArray();
        long[] expected;
        lock (_lock) expected = [.. keys.Select(key => _expected.GetValueOrDefault(key))];
        var database = redis.GetDatabase();
        var former = await Task.WhenAll(keys.Zip(expected, (key, atLeast) =>
            database.ScriptEvaluateAsync(RedisScripts.Probe, [key], [number, atLeast])));
        long losses;
        lock (_lock)
        {
            for (var i = 0; i < keys.Length; i++) Note(keys[i], number, expected[i], (long)former[i]);
            foreach (var gone in _expected.Keys.Except(keys).ToArray())
            {
                _expected.Remove(gone);
                _confirmed.Remove(gone);
            }

            losses = _losses;
        }

        Volatile.Write(ref _probed, probed);
        return losses;
    }

    /// <summary>Under the lock. Of a loss the calls that were under way at the same time know too.</summary>
    private void Note(RedisKey key, long number, long expected, long former)
    {
        var now = _expected.GetValueOrDefault(key);
        if (former >= expected)
        {
            _confirmed[key] = Math.Max(number, _confirmed.GetValueOrDefault(key));
            _expected[key] = Math.Max(number, now);
        }
        else if (now == expected)
        {
            _losses++;
            _expected[key] = former;
        }
    }

    /// <summary>The slots of each master, with one key in its lowest one; just one key where there is no cluster.
    /// </summary>
    private List<Probed> ProbedOf(ConnectionMultiplexer redis)
    {
        var nodes = redis.GetServers()
            .Where(static server => server is { ServerType: ServerType.Cluster, IsConnected: true })
            .Select(static server => server.ClusterConfiguration)
            .FirstOrDefault(static configuration => configuration is not null)?.Nodes;
        return nodes is null
            ? [new Probed(int.MinValue, int.MaxValue, RedisKeys.Probe(run, slot: null))]
            :
            [
                .. from node in nodes
                where !node.IsReplica && node.Slots.Count > 0
                let key = RedisKeys.Probe(run, node.Slots.Min(static range => range.From))
                from range in node.Slots
                select new Probed(range.From, range.To, key),
            ];
    }

    /// <summary>A range of slots, and the probe of its master.</summary>
    private readonly record struct Probed(int From, int To, RedisKey Key);
}
