namespace LiveChat.Cluster.Presence;

/// <summary>What must be right, or should be, of a Redis that keeps presence. Pure.</summary>
internal static class RedisChecks
{
    private static readonly Version Oldest = new(7, 0);

    public static IEnumerable<ServiceFinding> Of(RedisFacts facts) =>
        [OfVersion(facts), OfMemory(facts), OfEviction(facts), OfFile(facts)];

    private static ServiceFinding OfVersion(RedisFacts facts) =>
        Version.TryParse(facts.Version, out var version) && version < Oldest
            ? ServiceFinding.Refused(
                "version", $"Redis at {facts.Address} is {facts.Version}.", "Upgrade it to 7.0 or newer.")
            : ServiceFinding.Good("version", $"Redis at {facts.Address} is {facts.Version}.");

    private static ServiceFinding OfMemory(RedisFacts facts) => facts switch
    {
        { MemoryMax: 0 } => ServiceFinding.Good("memory", $"Redis at {facts.Address} has no limit of memory."),
        { MemoryMax: var max, MemoryUsed: var used } when used >= max => ServiceFinding.Refused(
            "memory", $"Redis at {facts.Address} uses {used} bytes of {max} (maxmemory) and takes no writes.",
            "Give it more: presence needs some 300 bytes a user who is online."),
        { MemoryMax: var max, MemoryUsed: var used } when used > max / 10 * 9 => ServiceFinding.Warns(
            "memory", $"Redis at {facts.Address} uses {used} bytes of {max} (maxmemory).", "Give it more."),
        _ => ServiceFinding.Good(
            "memory", $"Redis at {facts.Address} uses {facts.MemoryUsed} bytes of {facts.MemoryMax}."),
    };

    private static ServiceFinding OfEviction(RedisFacts facts) =>
        facts.Eviction.StartsWith("allkeys-", StringComparison.Ordinal)
            || facts.Eviction.StartsWith("volatile-", StringComparison.Ordinal)
            ? ServiceFinding.Warns(
                "eviction",
                $"Redis at {facts.Address} throws entries away when its memory is full ({facts.Eviction}): users who "
                + "are online would be shown offline.",
                "Set maxmemory-policy noeviction, as deploy/redis/redis.conf does, and keep caches in another Redis.")
            : ServiceFinding.Good("eviction", $"Redis at {facts.Address} evicts nothing.");

    private static ServiceFinding OfFile(RedisFacts facts) => facts.HasAppendOnlyFile
        ? ServiceFinding.Good("append_only", $"Redis at {facts.Address} keeps an append-only file.")
        : ServiceFinding.Warns(
            "append_only",
            $"Redis at {facts.Address} keeps no append-only file: after a restart presence is unknown for 20 s.",
            "Set appendonly yes and appendfsync everysec, as deploy/redis/redis.conf does.");
}
