using System.Globalization;
using System.Net;
using LiveChat.Cql;
using LiveChat.Cql.Bench;

// LiveChat.Cql.Bench ADDRESS:PORT NODE_MODULES [SECONDS [ROUNDS]]: both clients in turn, on the same server, in one
// run; the median of the rounds, and the spread of their ratios.
if (args.Length < 2)
{
    Console.Error.WriteLine("usage: LiveChat.Cql.Bench 127.0.0.1:9042 /path/to/node_modules [seconds [rounds]]");
    return 2;
}

const string Keyspace = "cql_bench";
var node = IPEndPoint.Parse(args[0]);
var time = TimeSpan.FromSeconds(args.Length > 2 ? double.Parse(args[2], CultureInfo.InvariantCulture) : 1);
var rounds = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 3;
var options = new CqlOptions { ContactPoints = { node }, Consistency = Consistency.One };
await using var session = await CqlSession.ConnectAsync(options);
var load = await Load.CreateAsync(session, Keyspace);
Console.WriteLine("| | in flight | requests/s | p99 ms | CPU us | bytes | driver: requests/s | p99 ms | CPU us "
    + "| ratio of requests/s (least to most) |");
Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
foreach (var verb in new[] { "insert", "read" })
{
    foreach (var inFlight in new[] { 1, 32, 256 })
    {
        var ours = new List<Measurement>();
        var theirs = new List<Measurement>();
        for (var round = 0; round < rounds; round++)
        {
            ours.Add(await load.RunAsync(verb, inFlight, time));
            theirs.Add(await OtherClient.RunAsync(node, args[1], Keyspace, verb, inFlight, time));
        }

        var ratios = ours.Zip(theirs, (mine, other) => mine.PerSecond / other.PerSecond).ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {verb} | {inFlight} | {Median(ours, one => one.PerSecond):F0} | {Median(ours, one => one.P99Ms):F1} "
            + $"| {Median(ours, one => one.CpuMicroseconds):F0} | {Median(ours, one => one.Bytes):F0} "
            + $"| {Median(theirs, one => one.PerSecond):F0} | {Median(theirs, one => one.P99Ms):F1} "
            + $"| {Median(theirs, one => one.CpuMicroseconds):F0} "
            + $"| {ratios.Order().ElementAt(rounds / 2):F2} ({ratios.Min():F2} to {ratios.Max():F2}) |"));
    }
}

return 0;

static double Median(List<Measurement> rounds, Func<Measurement, double> value) =>
    rounds.Select(value).Order().ElementAt(rounds.Count / 2);
