using System.Globalization;
using System.Net;
using LiveChat.Cql;
using LiveChat.Cql.Bench;

// LiveChat.Cql.Bench ADDRESS:PORT NODE_MODULES [SECONDS [ROUNDS [IN_FLIGHT ...]]]: both clients in turn, on the same
// server, in one run; the median of the rounds, and the spread of their ratios (the middle half, and all).
if (args.Length < 2)
{
    Console.Error.WriteLine(
        "usage: LiveChat.Cql.Bench 127.0.0.1:9042 /path/to/node_modules [seconds [rounds [in-flight ...]]]");
    return 2;
}

const string Keyspace = "cql_bench";
var node = IPEndPoint.Parse(args[0]);
var time = TimeSpan.FromSeconds(args.Length > 2 ? double.Parse(args[2], CultureInfo.InvariantCulture) : 1);
var rounds = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 3;
var counts = args.Length > 4 ? [.. args[4..].Select(text => int.Parse(text, CultureInfo.InvariantCulture))]
    : new[] { 1, 32, 256 };
var options = new CqlOptions { ContactPoints = { node }, Consistency = Consistency.One };
await using var session = await CqlSession.ConnectAsync(options);
var load = await Load.CreateAsync(session, Keyspace);
Console.WriteLine("| | in flight | requests/s | p99 ms | CPU us | bytes | driver: requests/s | p99 ms | CPU us "
    + "| ratio of requests/s: median (middle half; least to most) |");
Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
foreach (var verb in new[] { "insert", "read" })
{
    foreach (var inFlight in counts)
    {
        var ours = new List<Measurement>();
        var theirs = new List<Measurement>();
        for (var round = 0; round < rounds; round++)
        {
            ours.Add(await load.RunAsync(verb, inFlight, time));
            theirs.Add(await OtherClient.RunAsync(node, args[1], Keyspace, verb, inFlight, time));
        }

        var ratios = ours.Zip(theirs, (mine, other) => mine.PerSecond / other.PerSecond).Order().ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {verb} | {inFlight} | {Median(ours, one => one.PerSecond):F0} | {Median(ours, one => one.P99Ms):F1} "
            + $"| {Median(ours, one => one.CpuMicroseconds):F0} | {Median(ours, one => one.Bytes):F0} "
            + $"| {Median(theirs, one => one.PerSecond):F0} | {Median(theirs, one => one.P99Ms):F1} "
            + $"| {Median(theirs, one => one.CpuMicroseconds):F0} "
            + $"| {ratios[rounds / 2]:F2} ({ratios[rounds / 4]:F2} to {ratios[rounds * 3 / 4]:F2}; "
            + $"{ratios[0]:F2} to {ratios[^1]:F2}) |"));
    }
}

return 0;

static double Median(List<Measurement> rounds, Func<Measurement, double> value) =>
    rounds.Select(value).Order().ElementAt(rounds.Count / 2);
