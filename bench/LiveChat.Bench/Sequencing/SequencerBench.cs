using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Log;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;

namespace LiveChat.Bench.Sequencing;

/// <summary>
/// Records a second and bytes allocated for each, on one core and without any input or output: opening the envelope,
/// the decision of <see cref="ChatSequencer"/>, then either what history-writers make of it (rows) or what
/// delivery-workers do (frames). Every line contains the ones that it names.
/// </summary>
internal static class SequencerBench
{
    private const int Runs = 9;

    // As many records of a chat come in one commit on a busy node.
    private const int CommitLength = 8;

    private static readonly EntryDecoder Decoder = new(RulesTable.Default);

    public static void Run()
    {
        foreach (var (name, load) in new[]
        {
            ("messages in direct chats", RecordLoad.Messages()), ("all kinds in groups of 8", RecordLoad.AllKinds()),
        })
        {
            Console.WriteLine($"{name}, {load.Count:N0} records");
            Report("envelope", load, Decode);
            Report("envelope, verdict", load, Decide);
            Report("envelope, verdict, rows", load, Rows);
            Report("envelope, verdict, frame", load, Frames);
        }
    }

    private static void Report(string name, IReadOnlyList<LogEntry> load, Func<IReadOnlyList<LogEntry>, int> run)
    {
        var events = run(load);
        var rates = new double[Runs];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Runs; i++)
        {
            var start = TimeProvider.System.GetTimestamp();
            if (run(load) != events) throw new InvalidOperationException("The same records, other events.");
            rates[i] = load.Count / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
        }

        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Runs / load.Count;
        Array.Sort(rates);
        Console.WriteLine(
            $"  {name,-26} {rates[Runs / 2] / 1e3,8:N0} K/s median, {rates[0] / 1e3:N0}–{rates[^1] / 1e3:N0}"
            + $" {bytes,8:N0} bytes a record");
    }

    private static int Decode(IReadOnlyList<LogEntry> load)
    {
        var opened = 0;
        foreach (var entry in load)
            if (Decoder.Decode(entry, out _) is EntryKind.Record)
                opened++;
        return opened;
    }

    private static int Decide(IReadOnlyList<LogEntry> load) => Decide(load, static _ => { });

    private static int Frames(IReadOnlyList<LogEntry> load)
    {
        var bytes = 0L;
        var events = Decide(
            load,
            accepted => bytes += FrameBytes.Of(
                EventFrames.Of(
                    HistoryRowsBuilder.WholeOf(accepted),
                    HistoryRowsBuilder.ContentOf(accepted.Record),
                    withContent: true)).Length);
        return bytes > 0 ? events : 0;
    }

    private static int Rows(IReadOnlyList<LogEntry> load)
    {
        var commits = new Dictionary<ChatId, List<SequencedEvent>>();
        var rows = 0;
        Decide(load, accepted =>
        {
            var chat = accepted.After.Chat;
            if (!commits.TryGetValue(chat, out var events)) commits.Add(chat, events = []);
            events.Add(accepted);
            if (events.Count < CommitLength) return;
            rows += HistoryRowsBuilder.Build(events).Rows.Count;
            events.Clear();
        });
        return rows;
    }

    private static int Decide(IReadOnlyList<LogEntry> load, Action<SequencedEvent> accept)
    {
        var chats = new Dictionary<ChatId, ChatSequencer>();
        var events = 0;
        foreach (var entry in load)
        {
            if (Decoder.Decode(entry, out var decoded) is not EntryKind.Record)
                throw new InvalidOperationException("An envelope cannot be opened.");
            if (!chats.TryGetValue(decoded.Chat, out var chat))
                chats.Add(decoded.Chat, chat = new ChatSequencer(loaded: null));
            if (chat.Apply(decoded.Rules, decoded.Record, decoded.Key, decoded.Position, decoded.TimeMs, null)
                is not Verdict.Accepted { Event: var accepted })
                continue;
            accept(accepted);
            events++;
        }

        return events;
    }
}
