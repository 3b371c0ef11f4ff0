using System.Diagnostics;
using System.Globalization;
using LiveChat.Bench.Sockets;

namespace LiveChat.Bench.Pairs;

/// <summary>
/// A PostgreSQL of its own, from Debian's package, on a free port and in a folder that goes with it. It commits
/// durably. Root must not run it: then the user <c>postgres</c> does.
/// </summary>
internal sealed class PostgresChild : IAsyncDisposable
{
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(30);

    private readonly string _folder;
    private readonly int _port;

    private PostgresChild(string folder, int port) => (_folder, _port) = (folder, port);

    public string ConnectionString =>
        $"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres;SSL Mode=Disable;";

    /// <summary>All its processes at the moment.</summary>
    public IReadOnlyList<int> Processes
    {
        get
        {
            var main = (int)Number(File.ReadLines(Path.Combine(_folder, "postmaster.pid")).First());
            return [main, .. Sockets.Processes.ChildrenOf(main)];
        }
    }

    /// <summary>Processor time of all its processes, also of those that have ended.</summary>
    public TimeSpan Cpu
    {
        get
        {
            var main = Number(File.ReadLines(Path.Combine(_folder, "postmaster.pid")).First());
            var ticks = Directory.GetDirectories("/proc")
                .Where(static folder => int.TryParse(Path.GetFileName(folder), out _))
                .Select(StatOf)
                .Where(static stat => stat.Length > 0)
                .Sum(stat => Number(stat[0]) == main ? Sum(stat[13..17])
                    : Number(stat[3]) == main ? Sum(stat[13..15])
                    : 0);
            return TimeSpan.FromMilliseconds(ticks * 10); // 100 ticks a second, on every Linux of today.
        }
    }

    public static async Task<PostgresChild> StartAsync(IReadOnlyList<string> settings)
    {
        var folder = Directory.CreateTempSubdirectory("livechat-postgres-").FullName;
        var database = new PostgresChild(folder, FreePort.Find());
        try
        {
            if (Environment.UserName == "root") await RunAsync("chown", ["postgres", folder]);
            await CallAsync("initdb", "-D", folder, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync");
            var options = string.Join(' ', settings
                .Prepend($"port={database._port}")
                .Append("listen_addresses=127.0.0.1")
                .Append($"unix_socket_directories={folder}")
                .Select(static setting => $"-c {setting}"));
            await CallAsync(
                "pg_ctl", "-D", folder, "-w", "-t", "30", "-o", options, "-l", Path.Combine(folder, "log"), "start");
            return database;
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CallAsync("pg_ctl", "-D", _folder, "-m", "immediate", "-w", "stop");
        Directory.Delete(_folder, recursive: true);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static long Sum(string[] fields) => fields.Sum(Number);

    /// <summary>The fields of <c>/proc/N/stat</c>: 13 and 14 are its ticks, 15 and 16 those of children that ended. The
    /// second one may hold spaces, which the last bracket ends.</summary>
    private static string[] StatOf(string folder)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            return [Path.GetFileName(folder), "", .. text[(text.LastIndexOf(')') + 2)..].Split(' ')];
        }
        catch (IOException)
        {
            return []; // It has ended.
        }
    }

    private static string Binaries => Directory.GetDirectories("/usr/lib/postgresql")
        .OrderDescending()
        .Select(static version => Path.Combine(version, "bin"))
        .FirstOrDefault() ?? throw new InvalidOperationException("There is no PostgreSQL: apt-get install postgresql.");

    private static Task CallAsync(string program, params string[] args)
    {
        var path = Path.Combine(Binaries, program);
        return Environment.UserName == "root"
            ? RunAsync("runuser", ["-u", "postgres", "--", path, .. args])
            : RunAsync(path, args);
    }

    private static async Task RunAsync(string program, string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo(program, args)
        {
            WorkingDirectory = "/",
            RedirectStandardOutput = true, // What is wrong goes to the error output.
        }) ?? throw new InvalidOperationException($"{program} did not start.");
        using var limit = new CancellationTokenSource(StopWithin, TimeProvider.System);
        await process.WaitForExitAsync(limit.Token);
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }
}
