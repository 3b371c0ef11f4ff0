using System.Globalization;
using LiveChat.Core.History;
using LiveChat.Embedded.History;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Bench.History;

/// <summary>
/// Processor time of writing history on RocksDB, for each message of a direct chat, its compactions included: in
/// commits of one message, as when little waits, and of several. One thread writes, the chats take turns.
/// </summary>
internal static class HistoryBench
{
    private const int Messages = 200_000;

    public static async Task RunAsync()
    {
        Console.WriteLine("| chats | messages a commit | commits a write | µs of processor a message |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var (chats, commit, write) in new[]
        {
            (100, 1, 1), (100, 1, 5), (100, 5, 1), (10_000, 1, 1), (10_000, 5, 5),
        })
        {
            var spent = await MeasureAsync(chats, commit, write);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {chats:N0} | {commit} | {write} | {spent:F1} |"));
        }
    }

    private static async Task<double> MeasureAsync(int chats, int messages, int commits)
    {
        var folder = Directory.CreateTempSubdirectory("livechat-history-").FullName;
        using var database = HistoryDatabase.Open(folder, NullLogger<HistoryDatabase>.Instance);
        await using var store = new RocksDbHistoryStore(database);
        var load = new Load(chats);
        foreach (var chat in Enumerable.Range(0, chats))
            await store.WriteAsync([load.Begin(chat)], CancellationToken.None);

        var spent = TimeSpan.Zero;
        var waiting = new List<HistoryCommit>();
        for (var turn = 0; turn < Messages / messages; turn++)
        {
            waiting.Add(load.Next(turn % chats, messages));
            if (waiting.Count < commits) continue;
            var before = Environment.CpuUsage.TotalTime;
            await store.WriteAsync(waiting, CancellationToken.None);
            spent += Environment.CpuUsage.TotalTime - before;
            waiting.Clear();
        }

        database.Dispose();
        Directory.Delete(folder, recursive: true);
        return spent.TotalMicroseconds / Messages;
    }

    /// <summary>Messages of direct chats, sequenced.</summary>
    private sealed class Load(int chats)
    {
        private readonly ChatOfBench[] _chats =
            [.. Enumerable.Range(1, chats).Select(static number => new ChatOfBench((ulong)number))];

        private long _timeMs = 1_767_225_600_000;

        public HistoryCommit Begin(int chat) => Next(chat, 1);

        public HistoryCommit Next(int chat, int messages) =>
            HistoryRowsBuilder.Build([.. Enumerable.Range(0, messages).Select(_ => _chats[chat].Next(_timeMs++))]);
    }
}
