using System.Globalization;
using LiveChat.Bench.Backups;
using LiveChat.Bench.Density;
using LiveChat.Bench.FanOut;
using LiveChat.Bench.History;
using LiveChat.Bench.Hostile;
using LiveChat.Bench.Ids;
using LiveChat.Bench.Log;
using LiveChat.Bench.MessagePath;
using LiveChat.Bench.Pairs;
using LiveChat.Bench.Sequencing;
using LiveChat.Bench.Sockets;
using LiveChat.Bench.Storm;
using LiveChat.Bench.Transports;
using LiveChat.Bench.Watching;
using LiveChat.Server;

// Every subject is a word; what was measured, and how, is in docs/BENCHMARKS.md.
switch (args is [var word, ..] ? word : "")
{
    case "backup":
        await new BackupBench(
            args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10_000_000,
            args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 500,
            args.Length > 3 ? args[3] : Directory.CreateTempSubdirectory("livechat-backup-").FullName).RunAsync();
        return 0;
    case "density":
        var rest = TimeSpan.FromSeconds(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 120);
        await new DensityBench(rest, 1_000, 15_000).RunAsync(args.Length > 2 ? args[2] : "both");
        return 0;
    case "fanout":
        var length = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 30;
        await new FanOutBench(TimeSpan.FromSeconds(length)).RunAsync();
        return 0;
    case "history":
        await HistoryBench.RunAsync();
        return 0;
    case "hostile":
        var turn = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10;
        await new HostileBench(TimeSpan.FromSeconds(turn), rounds: 3).RunAsync();
        return 0;
    case "ids":
        IdsBench.Run();
        return 0;
    case "idle-nodes":
        return await IdleNodesBench.RunAsync(args[1..]);
    case "log":
        await LogBench.RunAsync();
        return 0;
    case "log-writes":
        await LogWritesBench.RunAsync();
        return 0;
    case "nodes":
        return await NodesBench.RunAsync(args[1..]);
    case "observed":
        var each = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10;
        var turns = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 11;
        return await ObservedBench.RunAsync(each, turns);
    case "pages":
        await PagesBench.RunAsync(args[1..]);
        return 0;
    case "pairs":
        return await PairsBench.RunAsync(args[1..]);
    case "path":
        var seconds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 60;
        var brokers = args.Length > 2 ? args[2] : null;
        await new PathBenchmark(new PathOptions(seconds, Brokers: brokers)).RunAsync(CancellationToken.None);
        return 0;
    case "presence":
        return await PresenceBench.RunAsync(args[1..]);
    case "reads":
        return await ReadsBench.RunAsync(args[1..]);
    case "sequencer":
        SequencerBench.Run();
        return 0;
    case "slow":
        var phase = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 15;
        await new SlowReadersBench(TimeSpan.FromSeconds(phase)).RunAsync();
        return 0;
    case "storm":
        var sessions = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10_000;
        return await StormBench.RunAsync(sessions);
    case "transports":
        return await TransportsBench.RunAsync(args[1..]);

    // The servers of those above that need a process of their own.
    case BackupBench.CreateWord:
        await BackupBench.CreateAsync(args[1], args[2], args[3]);
        return 0;
    case "serve-bare":
        await BareServer.RunAsync(args[1]);
        return 0;
    case "serve-livechat":
        using (var stop = new CancellationTokenSource())
        {
            var serving = LiveChatServer.RunAsync(["--listen", args[1], "--data", args[2]], stop.Token);
            await Task.WhenAny(serving, ServerChild.UntilParentEndsAsync());
            await stop.CancelAsync();
            return await serving;
        }

    default:
        Console.Error.WriteLine(
            "usage: LiveChat.Bench backup [messages [sends a second [folder]]] | density [seconds] | fanout [seconds] "
            + "| history | hostile [seconds] | ids | idle-nodes BROKERS CASSANDRA [seconds [partitions]] | log "
            + "| log-writes "
            + "| nodes BROKERS CASSANDRA [seconds [rounds [load]]] | observed [seconds [rounds]] "
            + "| pages NODE [events [flush command]] | pairs [seconds [rounds [loads [servers]]]] "
            + "| path [seconds [brokers]] | presence REDIS [sessions] | reads [seconds [events]] | sequencer "
            + "| slow [seconds] | storm [sessions] | transports [seconds [rounds [load [rest]]]]");
        return 2;
}
