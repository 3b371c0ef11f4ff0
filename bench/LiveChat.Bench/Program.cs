using System.Globalization;
using LiveChat.Bench.Path;

// Every subject is a word; what was measured, and how, is in docs/BENCHMARKS.md.
switch (args is [var word, ..] ? word : "")
{
    case "path":
        var seconds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 60;
        await new PathBenchmark(new PathOptions(seconds)).RunAsync(CancellationToken.None);
        return 0;
    default:
        Console.Error.WriteLine("usage: LiveChat.Bench path [seconds]");
        return 2;
}
