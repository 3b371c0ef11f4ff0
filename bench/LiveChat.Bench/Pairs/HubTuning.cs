using System.Globalization;

namespace LiveChat.Bench.Pairs;

/// <summary>How the hub and its database are set.</summary>
/// <param name="Pool">What is added to Npgsql's connection string.</param>
/// <param name="Parallel">Calls of one connection that the hub runs at a time.</param>
/// <param name="DatabaseSettings">Settings of the database, <c>name=value</c>.</param>
internal sealed record HubTuning(string Pool, int Parallel, IReadOnlyList<string> DatabaseSettings)
{
    /// <summary>What a sweep found best, see docs/BENCHMARKS.md.</summary>
    public static HubTuning Best { get; } = new(
        "Maximum Pool Size=64", 16, ["shared_buffers=512MB", "wal_buffers=16MB", "max_wal_size=8GB"]);

    /// <summary>Reads <c>hub+pool size=8;…+parallel+setting=value+…</c>.</summary>
    public static HubTuning Parse(string text)
    {
        var parts = text.Split('+');
        return new HubTuning(parts[1], int.Parse(parts[2], CultureInfo.InvariantCulture), parts[3..]);
    }
}
