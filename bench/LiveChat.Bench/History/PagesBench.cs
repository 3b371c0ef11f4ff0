using System.Diagnostics;
using System.Globalization;
using HdrHistogram;
using LiveChat.Cluster.History;
using LiveChat.Cluster.Identities;
using LiveChat.Cluster.Store;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Bench.History;

/// <summary>
/// Pages of 100 messages from Cassandra: in a chat of a million events, and in one whose 100 messages lie in 24 windows
/// of compaction. Half of the reads begin at the end, half at a random <c>before_seq</c>. And the list of a user with
/// 10,000 chats. Everything goes through what serves a session, without the tail cache.
/// </summary>
/// <param name="store">History.</param>
/// <param name="reader">What serves a session.</param>
/// <param name="flush">A command that writes a node's memory into files; null for none.</param>
internal sealed class PagesBench(CassandraHistoryStore store, HistoryReader reader, string? flush)
{
    private const int Windows = 24;
    private const int PageMessages = 100;
    private const int EventsOfCommit = 64;
    private const int CommitsAtOnce = 16;
    private const int Reads = 2_000;
    private const int ListReads = 50;
    private const int ListChats = 10_000;
    private const int ListLimit = 50;
    private const long WindowMs = 30L * 24 * 60 * 60 * 1000;
    private const int MessageMs = 1_000;

    private static readonly long Now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
    private readonly Random _random = new(1);

    /// <param name="args">A node (<c>host:port</c>), events of the long chat (1,000,000), and a command that flushes
    /// the node.</param>
    public static async Task RunAsync(string[] args)
    {
        var options = new CassandraOptions
        {
            ContactPoints = args[0],
            Keyspace = $"bench_{Environment.ProcessId}",
            SingleNode = true,
        };
        await using var session = await CassandraConnection.OpenAsync(
            options, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        using var decisions = new Decisions(TimeProvider.System);
        await using var store = new CassandraHistoryStore(session, static () => "bench");
        var identities = CassandraIdentities.Over(session, decisions);
        var reader = new HistoryReader(
            store, new CassandraUserStore(session, decisions), identities.Settings, new TailCache(0),
            static (_, _) => false, new HeadLooks(store, static _ => { }, TimeProvider.System), TimeProvider.System,
            static (_, _) => { });
        var events = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1_000_000;
        await new PagesBench(store, reader, args.Length > 2 ? args[2] : null).RunAsync(events);
    }

    private async Task RunAsync(int events)
    {
        Console.WriteLine("| read | count | p50 ms | p99 ms | most ms |");
        Console.WriteLine("|---|---|---|---|---|");
        var spread = new ChatOfBench(1);
        for (var window = Windows; window >= 1; window--)
        {
            // As it was written in that month: the stamp of a cell follows from the time of its record.
            var (before, through) = (Windows - window, Windows - window + 1);
            var count = (PageMessages * through / Windows) - (PageMessages * before / Windows);
            await WriteAsync(spread, Now - (window * WindowMs), count);
            await FlushAsync();
        }

        var large = new ChatOfBench(2);
        await WriteAsync(large, Now - ((long)events * MessageMs), events);
        await FlushAsync();
        await MeasurePagesAsync($"a chat of {events:N0} events", large);
        await MeasurePagesAsync($"{PageMessages} messages in {Windows} windows", spread);
        await WriteChatsAsync();
        await FlushAsync();
        await MeasureAsync($"the list of a user with {ListChats:N0} chats", ListReads, async () =>
        {
            var list = await reader.Lists.ReadLatestAsync(
                UserId.Parse(ChatOfBench.Member), null, ListLimit, CancellationToken.None);
            if (list.Items.Count != ListLimit) throw new InvalidOperationException("No list came.");
        });
    }

    private Task MeasurePagesAsync(string name, ChatOfBench chat)
    {
        var read = 0;
        return MeasureAsync(name, Reads, async () =>
        {
            long? before = read++ % 2 == 0 ? null : _random.NextInt64(2, chat.Seq + 2);
            var page = await reader.ReadPageAsync(
                UserId.Parse(ChatOfBench.Member), chat.Id, new PageQuery { BeforeSeq = before, Limit = PageMessages },
                CancellationToken.None);
            if (page.Value is not { Items.Count: > 0 } && before is null)
                throw new InvalidOperationException("No page came.");
        });
    }

    private static async Task MeasureAsync(string name, int reads, Func<Task> read)
    {
        await read(); // Statements are prepared, and connections are warm.
        var times = new LongHistogram(60_000_000, 3);
        for (var i = 0; i < reads; i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            await read();
            times.RecordValue((long)TimeProvider.System.GetElapsedTime(began).TotalMicroseconds);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {reads:N0} | {times.GetValueAtPercentile(50) / 1e3:F1} | "
            + $"{times.GetValueAtPercentile(99) / 1e3:F1} | {times.GetValueAtPercentile(100) / 1e3:F1} |"));
    }

    /// <summary>Writes messages one second apart.</summary>
    private async Task WriteAsync(ChatOfBench chat, long fromMs, int messages)
    {
        for (var done = 0; done < messages; done += EventsOfCommit)
        {
            var count = Math.Min(EventsOfCommit, messages - done);
            var at = fromMs + ((long)done * MessageMs);
            await store.WriteAsync(
                [
                    HistoryRowsBuilder.Build(
                        [.. Enumerable.Range(0, count).Select(one => chat.Next(at + ((long)one * MessageMs)))]),
                ],
                CancellationToken.None);
        }
    }

    private async Task WriteChatsAsync()
    {
        var chats = Enumerable.Range(0, ListChats).Select(static one => new ChatOfBench((ulong)one + 1_000));
        foreach (var part in chats.Chunk(CommitsAtOnce))
            await store.WriteAsync(
                [.. part.Select(chat => HistoryRowsBuilder.Build(
                    [chat.Next(Now - _random.NextInt64(WindowMs)), chat.Next(Now)]))],
                CancellationToken.None);
    }

    private async Task FlushAsync()
    {
        if (flush is null) return;
        using var process = Process.Start("/bin/sh", ["-c", flush]);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{flush} ended with {process.ExitCode}.");
    }
}
