using System.Globalization;
using HdrHistogram;
using LiveChat.Bench.Backups;
using LiveChat.Bench.FanOut;
using LiveChat.Bench.Sockets;
using LiveChat.Loads.Measuring;
using LiveChat.Loads.Pacing;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Bench.History;

/// <summary>
/// Pages of 100 messages over sockets, out of a chat of a million events, at a steady rate, while others write: half
/// of the pages are the last one, half begin at a random place. Their times count from when they were due. Every page
/// is checked: as many messages as must be there, each in its place.
/// </summary>
/// <param name="chat">The chat.</param>
internal sealed class ReadsBench(ChatOfBench chat)
{
    private const int Events = 1_000_000;
    private const int PerSecond = 500;
    private const int WritesPerSecond = 1_000;
    private const int WritingPairs = 50;
    private const int Readers = 10;
    private const int WaitingMax = 500;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20);

    private readonly LatencyMeter _meter = new();
    private readonly long _head = chat.Seq;

    /// <param name="args">Seconds (60), and the events of the chat (1,000,000).</param>
    public static async Task<int> RunAsync(string[] args)
    {
        int Number(int at, int otherwise) =>
            args.Length > at ? int.Parse(args[at], CultureInfo.InvariantCulture) : otherwise;
        var folder = Directory.CreateTempSubdirectory("livechat-reads-").FullName;
        try
        {
            var chat = new ChatOfBench(1);
            await FilledFolder.WriteAsync(folder, [chat], Number(1, Events));
            await new ReadsBench(chat).RunAsync(folder, TimeSpan.FromSeconds(Number(0, 60)));
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task RunAsync(string folder, TimeSpan length)
    {
        Console.WriteLine($"load average {File.ReadAllText("/proc/loadavg").Trim()}");
        await using var server = await ServerChild.StartAsync("serve-livechat", FanOutBench.Unlimited(), folder);
        var sessions = FolderSessions.At(server.Endpoint, folder);
        using var stop = new CancellationTokenSource();
        await using var writes = await PacedLoad.StartAsync(server.Endpoint, folder, WritingPairs, WritesPerSecond);
        var reading = new List<Task>();
        for (var reader = 0; reader < Readers; reader++)
            reading.Add(ReadAsync(
                await sessions.OpenAsync(ChatOfBench.Member, stop.Token), ScheduleOf(reader), reader, stop.Token));
        await Task.WhenAny(Task.Delay(WarmUp, TimeProvider.System), Task.WhenAll(reading));
        writes.Take();
        _meter.TakeInterval();
        var before = server.Cpu;
        await Task.WhenAny(Task.Delay(length, TimeProvider.System), Task.WhenAll(reading));
        var (pages, sends, cpu) = (_meter.TakeInterval(), writes.Take(), server.Cpu - before);
        await stop.CancelAsync();
        await Task.WhenAll(reading);
        Console.WriteLine("| what | a second | p50 ms | p99 ms | most ms |");
        Console.WriteLine("|---|---|---|---|---|");
        Print($"pages of {Limits.PageItemsMax} messages of {_head:N0} events", pages, length);
        Print("sends", sends, length);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"server {cpu / length:F2} cores"));
    }

    private static void Print(string what, LongHistogram times, TimeSpan length) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {what} | {times.TotalCount / length.TotalSeconds:N0} | {times.GetValueAtPercentile(50) / 1e3:F1} "
        + $"| {times.GetValueAtPercentile(99) / 1e3:F1} | {times.GetValueAtPercentile(100) / 1e3:F1} |"));

    private static Schedule ScheduleOf(int reader)
    {
        var frequency = TimeProvider.System.TimestampFrequency;
        var began = TimeProvider.System.GetTimestamp() + (reader * frequency / PerSecond);
        return new Schedule(began, (double)PerSecond / Readers, frequency, WaitingMax);
    }

    private async Task ReadAsync(LightSocket session, Schedule schedule, int reader, CancellationToken stop)
    {
        using var ending = session;
        var random = new Random(reader);
        try
        {
            for (uint number = 2; ; number++)
            {
                var due = await schedule.TakeAsync(TimeProvider.System, stop);
                var before = number % 2 == 0 ? _head + 1 : random.NextInt64(2, _head + 2);
                await ReadPageAsync(session, number, before, stop);
                _meter.Record(reader, due, TimeProvider.System.GetElapsedTime(due));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The run is over.
        }
    }

    private async Task ReadPageAsync(LightSocket session, uint number, long before, CancellationToken stop)
    {
        var ask = new HistoryGet
        {
            Id = number,
            Chat = chat.Id.ToString(),
            BeforeSeq = before > _head ? null : before,
            Limit = Limits.PageItemsMax,
        };
        await session.SendAsync(ask, stop);
        while (await session.ReadAsync(stop) is { IsEmpty: false } message)
            foreach (var line in LightSocket.Lines(message))
            {
                var frame = JsonFrames.ReadServerFrame(line.Span).Frame;
                if (frame is ErrorFrame error) throw new InvalidOperationException(error.Problem.Code);
                if (frame is not Page page || page.Re != number) continue;
                Check(page, before);
                return;
            }

        throw new InvalidOperationException($"The server closed with {session.CloseCode}.");
    }

    /// <summary>The first event is no message.</summary>
    private static void Check(Page page, long before)
    {
        var from = Math.Max(2, before - Limits.PageItemsMax);
        var seqs = page.Items.Select(static item => item.Seq).Order().ToList();
        if (!seqs.SequenceEqual(Enumerable.Range((int)from, (int)(before - from)).Select(static seq => (long)seq)))
            throw new InvalidOperationException($"The page before {before} has {string.Join(',', seqs)}.");
    }
}
