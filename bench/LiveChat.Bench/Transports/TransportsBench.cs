using System.Globalization;
using LiveChat.Bench.Density;
using LiveChat.Bench.Pairs;
using LiveChat.Bench.Sockets;

namespace LiveChat.Bench.Transports;

/// <summary>Each transport beside the others, in one run: pairs who write to each other, direct and through NGINX, then
/// the memory of idle sessions.</summary>
internal static class TransportsBench
{
    private const int Few = 1_000;

    /// <summary>A session over requests has two connections, and a process may open some 20,000 files.</summary>
    private const int Many = 8_000;

    /// <param name="args">Seconds, rounds, load, and the seconds that idle sessions rest; each has a default.</param>
    public static async Task<int> RunAsync(string[] args)
    {
        string Arg(int at, string otherwise) => args.Length > at ? args[at] : otherwise;
        var servers = LightLines.All.SelectMany(
            static transport => (string[])[$"livechat/{transport}", $"livechat/{transport}/nginx"]);
        var code = await PairsBench.RunAsync(
            [Arg(0, "10"), Arg(1, "5"), Arg(2, "100x1"), string.Join(',', servers)]);
        var rest = TimeSpan.FromSeconds(int.Parse(Arg(3, "120"), CultureInfo.InvariantCulture));
        if (rest == TimeSpan.Zero) return code;
        foreach (var transport in LightLines.All)
        {
            Console.WriteLine($"\nidle sessions by {transport}");
            await new DensityBench(rest, Few, Many, transport).MeasureOursAsync();
        }

        return code;
    }
}
