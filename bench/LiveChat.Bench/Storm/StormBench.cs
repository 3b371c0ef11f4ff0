using LiveChat.Bench.FanOut;
using LiveChat.Bench.Sockets;
using LiveChat.Loads.Storms;

namespace LiveChat.Bench.Storm;

/// <summary>How fast sessions are back that were all cut at once, at the rate at which a server as it comes takes
/// connections.</summary>
internal static class StormBench
{
    private static readonly TimeSpan Bar = TimeSpan.FromSeconds(30);

    /// <returns>1 when a message was lost or repeated, or it took longer than the bar.</returns>
    public static async Task<int> RunAsync(int count)
    {
        var data = Directory.CreateTempSubdirectory("livechat-storm-").FullName;
        try
        {
            Console.WriteLine($"load average {File.ReadAllText("/proc/loadavg").Trim()}");
            await using var server = await ServerChild.StartAsync("serve-livechat", FanOutBench.Unlimited(), data);
            var load = new StormLoad(FolderSessions.At(server.Endpoint, data), "storm", TimeProvider.System);
            var cpu = server.Cpu;
            var result = await load.RunAsync(count, Console.WriteLine, CancellationToken.None);
            Console.WriteLine(
                "| sessions | half back, s | all back, s | all whole, s | refused | lost | out of order |");
            Console.WriteLine("|---|---|---|---|---|---|---|");
            Console.WriteLine($"| {result.Sessions:N0} | {result.Half.TotalSeconds:N1} | {result.Last.TotalSeconds:N1}"
                + $" | {result.Whole.TotalSeconds:N1} | {result.Refused:N0} | {result.Lost} | {result.Repeated} |");
            Console.WriteLine($"processor time of the server, with the first connections: "
                + $"{(server.Cpu - cpu).TotalSeconds:N1} s; {server.ResidentBytes / 1e6:N0} MB");
            return result.Lost > 0 || result.Repeated > 0 || result.Last > Bar ? 1 : 0;
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}
