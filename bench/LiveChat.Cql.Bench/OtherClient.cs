using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace LiveChat.Cql.Bench;

/// <summary>The same load by the npm package cassandra-driver, in a process of its own.</summary>
internal static class OtherClient
{
    public static async Task<Measurement> RunAsync(
        IPEndPoint node, string modules, string keyspace, string verb, int inFlight, TimeSpan time)
    {
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "driver.js"), $"{node.Address}", $"{node.Port}", keyspace, verb,
            $"{inFlight}", time.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        ];
        var start = new ProcessStartInfo("node", arguments) { RedirectStandardOutput = true };
        start.Environment["NODE_PATH"] = modules;
        using var process = Process.Start(start) ?? throw new InvalidOperationException("node did not start.");
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException("driver.js failed.");
        using var result = JsonDocument.Parse(output);
        return new Measurement(
            result.RootElement.GetProperty("perSecond").GetDouble(),
            result.RootElement.GetProperty("p99Ms").GetDouble(),
            result.RootElement.GetProperty("cpuMicroseconds").GetDouble(), 0);
    }
}
