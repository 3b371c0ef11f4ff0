namespace LiveChat.Cql.Bench;

/// <summary>
/// What one run gave: requests a second, their 99th percentile, the client's processor time for each (which a busy
/// machine disturbs least) and, for the client in this process, the bytes allocated for each.
/// </summary>
internal sealed record Measurement(double PerSecond, double P99Ms, double CpuMicroseconds, double Bytes);
