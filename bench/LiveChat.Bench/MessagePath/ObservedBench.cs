using System.Runtime.InteropServices;
using LiveChat.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveChat.Bench.MessagePath;

/// <summary>
/// What measurements and traces cost: the path of messages without sockets, in rounds with both and without, in turn.
/// With them everything goes to a collector every second, which is more often than anybody asks, and one message in a
/// hundred is traced. The collector is in this process; sockets, whose cost is the same for both, are not. So the
/// share is more than a server's.
/// </summary>
internal static class ObservedBench
{
    private const double MoreMax = 0.05;

    /// <param name="seconds">Of each round.</param>
    /// <param name="rounds">Of each kind; an odd number has a median.</param>
    /// <returns>1 when the medians differ by more than 5%.</returns>
    public static async Task<int> RunAsync(int seconds, int rounds)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            stop.Cancel();
        });
        await using var collector = await BeginCollectorAsync();
        var observed = new TelemetryOptions
        {
            Endpoint = collector.Urls.Single(),
            Protocol = TelemetryProtocol.HttpProtobuf,
            MetricSeconds = 1,
        };

        // The first run of each kind is compiled while it runs, and does not count.
        var (without, with) = (new List<double>(), new List<double>());
        for (var round = -1; round < rounds; round++)
        {
            // Which is first changes, so that what grows with the time of the process hits both alike.
            TelemetryOptions?[] turns = round % 2 == 0 ? [null, observed] : [observed, null];
            foreach (var turn in turns)
            {
                var options = new PathOptions(seconds, Chats: 200, Window: 4, Telemetry: turn);
                var cpu = await new PathBenchmark(options).RunAsync(stop.Token);
                if (round >= 0) (turn is null ? without : with).Add(cpu);
            }
        }

        var more = (Median(with) / Median(without)) - 1;
        Console.WriteLine($"""

            medians of {rounds} rounds, µs of processor a message
            without       {Row(without)}
            with          {Row(with)}
            more          {more:P1}, at most {MoreMax:P0}
            """);
        return more > MoreMax ? 1 : 0;
    }

    private static string Row(List<double> values) => $"{Median(values):N2} ({values.Min():N2} to {values.Max():N2})";

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>Takes everything and keeps nothing.</summary>
    private static async Task<WebApplication> BeginCollectorAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(static context => context.Request.Body.CopyToAsync(Stream.Null));
        await app.StartAsync();
        return app;
    }
}
