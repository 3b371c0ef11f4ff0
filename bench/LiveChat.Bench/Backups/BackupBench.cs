using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using HdrHistogram;
using LiveChat.Bench.FanOut;
using LiveChat.Bench.History;
using LiveChat.Bench.Sockets;
using LiveChat.Server;
using LiveChat.Server.Backups;

namespace LiveChat.Bench.Backups;

/// <summary>
/// Backups of a server with many messages, which delivers others at a steady rate meanwhile: MB/s of the first
/// backup, of a second one, of verifying and of restoring, and the times of the sends beside each. A backup is made by
/// a process of its own, as the command is.
/// </summary>
/// <param name="messages">How many messages the server has.</param>
/// <param name="perSecond">How many are sent in a second meanwhile.</param>
/// <param name="folder">Where all of it lies, and is deleted in the end.</param>
internal sealed class BackupBench(int messages, int perSecond, string folder)
{
    /// <summary>The word that makes this program take a backup: of a data folder, to a place, by an address.</summary>
    public const string CreateWord = "backup-create";

    private const int Chats = 10_000;
    private const int Senders = 16;
    private const double Megabyte = 1e6;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Alone = TimeSpan.FromSeconds(60);
    private static readonly IProgress<BackupProgress> Silent = new Progress<BackupProgress>();

    private string Data => Path.Combine(folder, "data");

    private string Place => Path.Combine(folder, "backups");

    public async Task RunAsync()
    {
        var chats = Enumerable.Range(1, Chats).Select(static number => new ChatOfBench((ulong)number)).ToArray();
        await FilledFolder.WriteAsync(Data, chats, messages);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{messages:N0} messages in {Chats:N0} chats"));
        var environment = FanOutBench.Unlimited();
        var inner = environment["LIVECHAT__INTERNAL"] = $"http://127.0.0.1:{FreePort.Find()}";
        Console.WriteLine("| step | seconds | MB | MB/s | sends: p50 ms | p99 ms | most ms |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        await using (var server = await ServerChild.StartAsync("serve-livechat", environment, Data))
        await using (var load = await PacedLoad.StartAsync(server.Endpoint, Data, Senders, perSecond))
        {
            await Task.Delay(WarmUp, TimeProvider.System);
            await MeasureAsync("sends alone", load, () => 0, () => Task.Delay(Alone, TimeProvider.System));
            await MeasureAsync("first backup", load, CopiedBytes, () => CreateAsync(inner));
            await MeasureAsync("second backup", load, NewBytes(), () => CreateAsync(inner));
            await MeasureAsync("sends alone", load, () => 0, () => Task.Delay(Alone, TimeProvider.System));
        }

        await MeasureAsync("verify", load: null, CopiedBytes, async () =>
        {
            var report = await LiveChatBackups.VerifyAsync(Place, null, folder, Silent, CancellationToken.None);
            if (report.Wrong is [var wrong, ..]) throw new InvalidOperationException(wrong);
        });
        await MeasureAsync("restore", load: null, CopiedBytes, () => LiveChatBackups.RestoreAsync(
            Place, null, Path.Combine(folder, "restored"), Silent, CancellationToken.None));
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>What the process of <see cref="CreateWord"/> does.</summary>
    public static async Task CreateAsync(string data, string place, string inner) => await LiveChatBackups.CreateAsync(
        new BackupRequest(data, place, Silent),
        async cancellationToken =>
        {
            using var http = new HttpClient();
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
                "Bearer", LiveChatServer.MintOperatorToken(data));
            using var answer = await http.PostAsync(new Uri($"{inner}/v1/checkpoint"), null, cancellationToken);
            answer.EnsureSuccessStatusCode();
            return true;
        },
        CancellationToken.None);

    private async Task CreateAsync(string inner)
    {
        using var process = Process.Start(ServerChild.Self, [CreateWord, Data, Place, inner]);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"The backup ended with {process.ExitCode}.");
    }

    private long CopiedBytes() =>
        new DirectoryInfo(Path.Combine(Place, "files")).EnumerateFiles().Sum(static file => file.Length);

    private Func<long> NewBytes()
    {
        var before = CopiedBytes();
        return () => CopiedBytes() - before;
    }

    private static async Task MeasureAsync(string step, PacedLoad? load, Func<long> bytes, Func<Task> run)
    {
        load?.Take();
        var began = TimeProvider.System.GetTimestamp();
        await run();
        var elapsed = TimeProvider.System.GetElapsedTime(began);
        var megabytes = bytes() / Megabyte;
        var times = load?.Take();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {step} | {elapsed.TotalSeconds:F1} | {megabytes:N0} | {megabytes / elapsed.TotalSeconds:F0} "
            + $"| {Ms(times, 50)} | {Ms(times, 99)} | {Ms(times, 100)} |"));
    }

    private static string Ms(LongHistogram? times, double percentile) => times is null
        ? "–"
        : (times.GetValueAtPercentile(percentile) / 1e3).ToString("F1", CultureInfo.InvariantCulture);
}
