using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace LiveChat.Cluster.Presence;

/// <summary>What one Redis says of itself.</summary>
/// <param name="Address">Which.</param>
/// <param name="Version">Of its program.</param>
/// <param name="IsReplica">Whether it follows another one.</param>
/// <param name="MemoryUsed">Bytes.</param>
/// <param name="MemoryMax">Bytes; 0 for no limit.</param>
/// <param name="Eviction">What it does when that is reached.</param>
/// <param name="HasAppendOnlyFile">Whether it writes down what it holds.</param>
internal sealed record RedisFacts(
    string Address,
    string Version,
    bool IsReplica,
    long MemoryUsed,
    long MemoryMax,
    string Eviction,
    bool HasAppendOnlyFile)
{
    /// <exception cref="RedisException">It does not answer, or refuses.</exception>
    public static async Task<RedisFacts> ReadAsync(IServer server)
    {
        var said = (await server.InfoAsync()).SelectMany(static section => section)
            .DistinctBy(static pair => pair.Key)
            .ToDictionary(static pair => pair.Key, static pair => pair.Value, StringComparer.Ordinal);
        return new RedisFacts(
            server.EndPoint is IPEndPoint address ? $"{address}" : Format(server.EndPoint),
            said.GetValueOrDefault("redis_version", "0"),
            said.GetValueOrDefault("role") is "slave",
            NumberOf("used_memory"),
            NumberOf("maxmemory"),
            said.GetValueOrDefault("maxmemory_policy", "noeviction"),
            said.GetValueOrDefault("aof_enabled") is "1");

        long NumberOf(string name) =>
            long.TryParse(said.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    private static string Format(EndPoint? point) =>
        point is DnsEndPoint dns ? $"{dns.Host}:{dns.Port}" : $"{point}";
}
