using System.Globalization;
using Google.Protobuf;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Embedded.History;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Bench.History;

/// <summary>
/// Processor time of writing history on RocksDB, for each message of a direct chat, its compactions included: in
/// commits of one message, as when little waits, and of several. One thread writes, the chats take turns.
/// </summary>
internal static class HistoryBench
{
    private const int Messages = 200_000;
    private static readonly string Text = new('x', 100);

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
        private readonly ChatSequencer[] _chats = [.. Enumerable.Range(0, chats).Select(_ => new ChatSequencer(null))];
        private readonly EntryDecoder _decoder = new(RulesTable.Default);
        private readonly Random _random = new(1);
        private Position _position = PartitionTail.First;
        private long _timeMs = 1_767_225_600_000;

        public HistoryCommit Begin(int chat)
        {
            var created = new Created { Direct = true, Members = { $"user-b-{chat}" } };
            return HistoryRowsBuilder.Build([Apply(chat, record => record.Created = created)]);
        }

        public HistoryCommit Next(int chat, int messages) =>
            HistoryRowsBuilder.Build([.. Enumerable.Range(0, messages).Select(_ => Apply(
                chat, record => record.Message = new Message { Body = new Body { Text = Text } }))]);

        private SequencedEvent Apply(int chat, Action<Record> fill)
        {
            Span<byte> chance = stackalloc byte[16];
            _random.NextBytes(chance);
            var record = new Record
            {
                Id = (ulong)_random.NextInt64(1, 1L << 50),
                Chat = (ulong)(chat + 1) * 0x9E37_79B9_7F4A,
                Sender = $"user-a-{chat}",
                ClientId = ByteString.CopyFrom(ClientId.FromTime(_timeMs, chance).Value.ToByteArray(bigEndian: true)),
                MembersMax = 256,
                PullAt = 50,
                PushBelow = 40,
            };
            fill(record);
            var bytes = RecordEnvelope.Encode(record, RulesV2.Number);
            var entry = new LogEntry(_position, _timeMs++, bytes);
            _position = _position.Next;
            if (_decoder.Decode(entry, out var decoded) is not EntryKind.Record)
                throw new InvalidOperationException("Not an envelope.");
            var verdict = _chats[chat].Apply(
                decoded.Rules, decoded.Record, decoded.Key, decoded.Position, decoded.TimeMs, null);
            return verdict is Verdict.Accepted { Event: var accepted }
                ? accepted
                : throw new InvalidOperationException("A message was refused.");
        }
    }
}
