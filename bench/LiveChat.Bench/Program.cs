using System.Globalization;
using LiveChat.Bench.Ids;
using LiveChat.Bench.Log;
using LiveChat.Bench.MessagePath;
using LiveChat.Bench.Sequencing;

// Every subject is a word; what was measured, and how, is in docs/BENCHMARKS.md.
switch (args is [var word, ..] ? word : "")
{
    case "ids":
        IdsBench.Run();
        return 0;
    case "log":
        await LogBench.RunAsync();
        return 0;
    case "log-writes":
        await LogWritesBench.RunAsync();
        return 0;
    case "path":
        var seconds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 60;
        await new PathBenchmark(new PathOptions(seconds)).RunAsync(CancellationToken.None);
        return 0;
    case "sequencer":
        SequencerBench.Run();
        return 0;
    default:
        Console.Error.WriteLine("usage: LiveChat.Bench ids | log | log-writes | path [seconds] | sequencer");
        return 2;
}
