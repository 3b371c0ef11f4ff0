namespace LiveChat.Cluster.Presence;

/// <summary>
/// What Redis does in one step. Times are milliseconds of Redis' own clock, so that those of the nodes do not matter.
/// A call has users of one slot, in a cluster; a script stops all else in its Redis, so each has few.
/// </summary>
internal static class RedisScripts
{
    /// <summary>Keys: of each user the public one and that of the nodes. Arguments: this node, then for each user for
    /// how many milliseconds.</summary>
    public const string Refresh =
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        for i = 1, #KEYS, 2 do
          local online, nodes = KEYS[i], KEYS[i + 1]
          redis.call('ZREMRANGEBYSCORE', nodes, '-inf', now)
          redis.call('ZADD', nodes, 'GT', now + ARGV[1 + (i + 1) / 2], ARGV[1])
          local ends = redis.call('ZRANGE', nodes, -1, -1, 'WITHSCORES')[2]
          local came = redis.call('EXISTS', online) == 0
          redis.call('SET', online, 'online', 'PXAT', ends)
          redis.call('PEXPIREAT', nodes, ends)
          if came then redis.call('SPUBLISH', online, 'came') end
        end
        """;

    /// <summary>Keys as above. Argument: this node.</summary>
    public const string Drop =
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        for i = 1, #KEYS, 2 do
          local online, nodes = KEYS[i], KEYS[i + 1]
          redis.call('ZREM', nodes, ARGV[1])
          redis.call('ZREMRANGEBYSCORE', nodes, '-inf', now)
          local ends = redis.call('ZRANGE', nodes, -1, -1, 'WITHSCORES')[2]
          if ends then
            redis.call('SET', online, 'online', 'PXAT', ends)
            redis.call('PEXPIREAT', nodes, ends)
          else
            redis.call('DEL', online, nodes)
            redis.call('SPUBLISH', online, 'went')
          end
        end
        """;

    /// <summary>Keys: the public one of each user. Arguments: the probe of this master, and the number that it
    /// confirmed. Milliseconds for which each user is online; below 0 for who is not, but -1 for a key without an end.
    /// Nothing where the probe is lower: this Redis is another one, was emptied, or is behind. In a cluster the probe
    /// lies in another slot of the same master, so that it is an argument and no key.</summary>
    public const string Left =
        """
        if tonumber(redis.call('GET', ARGV[1]) or '0') < tonumber(ARGV[2]) then return false end
        local left = {}
        for i = 1, #KEYS do left[i] = redis.call('PTTL', KEYS[i]) end
        return left
        """;

    /// <summary>Key: the probe. Arguments: a number above all former ones, and the one that was there last. The number
    /// that was there; 0 for none. Where that is lower than it was, nothing is written: whoever gets no answer finds it
    /// so again. A call that comes late, behind a higher number, changes nothing.</summary>
    public const string Probe =
        """
        local former = tonumber(redis.call('GET', KEYS[1]) or '0')
        if former >= tonumber(ARGV[2]) and former < tonumber(ARGV[1]) then
          redis.call('SET', KEYS[1], ARGV[1], 'EX', 3600)
        end
        return former
        """;
}
