using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Google.Protobuf;
using LiveChat.Cluster.Log;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.EndToEnd.Brokers.Cells;

/// <summary>
/// The cells that a log means, from a replay of all of it by one sequencer a chat, which forgets nothing. Of two values
/// of a cell the one with the higher stamp stays, as in Cassandra. Written without a look at how the store writes.
/// </summary>
internal sealed class ReplayedCells
{
    private const int SeqsOfBucket = 4_096;
    private const long MonthMs = 30L * 24 * 60 * 60 * 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Dictionary<ChatId, ChatSequencer> _chats = [];
    private readonly Dictionary<string, (long Stamp, string Value)> _cells = new(StringComparer.Ordinal);
    private readonly Dictionary<(long Chat, long Target), List<long>> _edits = [];

    /// <summary>The roster's cell of each chat, with the stamps that it may have beside that of its last change.
    /// </summary>
    private readonly Dictionary<string, HashSet<long>> _later = new(StringComparer.Ordinal);
    private readonly EntryDecoder _decoder = new(RulesTable.Default);

    /// <summary>Reads the topic to its present end.</summary>
    public static ReplayedCells Read(string brokers, string topic)
    {
        var cells = new ReplayedCells();
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig
        {
            BootstrapServers = brokers,
            GroupId = "replay",
            EnableAutoCommit = false,
            IsolationLevel = IsolationLevel.ReadCommitted,
        }).Build();
        for (var partition = 0; partition < BrokerLog.Partitions; partition++)
        {
            var at = new TopicPartition(topic, partition);
            var range = consumer.QueryWatermarkOffsets(at, Patience);
            Assert.Equal(0, range.Low.Value); // A log that was trimmed tells no whole story.
            consumer.Assign(new TopicPartitionOffset(at, range.Low));
            for (var next = range.Low; next < range.High;)
            {
                var read = consumer.Consume(Patience);
                Assert.NotNull(read);
                cells.Apply(new KafkaPositions(1).EntryOf(read));
                next = read.Offset + 1;
            }
        }

        return cells;
    }

    /// <summary>A line a cell, as <c>cells.py</c> writes them.</summary>
    public IEnumerable<string> Lines =>
        _cells.Select(static cell => $"{cell.Key} {cell.Value.Value} {cell.Value.Stamp}");

    /// <summary>The line with the stamp that a replay gives the cell. A roster is written with the head of its batch:
    /// its stamp is that of its change, or of a later event before the next change.</summary>
    public string AsReplayed(string line)
    {
        var (value, stamp) = (line.LastIndexOf(' ', line.LastIndexOf(' ') - 1), line.LastIndexOf(' ') + 1);
        if (value < 0 || !_later.TryGetValue(line[..value], out var later)) return line;
        return later.Contains(long.Parse(line[stamp..], CultureInfo.InvariantCulture))
            ? $"{line[..stamp]}{_cells[line[..value]].Stamp}"
            : line;
    }

    private void Apply(in LogEntry entry)
    {
        if (_decoder.Decode(entry, out var decoded) is not EntryKind.Record) return;
        if (!_chats.TryGetValue(decoded.Chat, out var chat))
            _chats.Add(decoded.Chat, chat = new ChatSequencer(null));
        var verdict = chat.Apply(
            decoded.Rules, decoded.Record, decoded.Key, decoded.Position, decoded.TimeMs, stored: null);
        if (verdict is not Verdict.Accepted { Event: var happened }) return;
        var commit = HistoryRowsBuilder.Build([happened]);
        foreach (var row in commit.Rows) Write((long)decoded.Chat.Value, row);
        WriteHead(commit);
    }

    private void WriteHead(HistoryCommit commit)
    {
        var head = commit.Head;
        var key = Number((long)head.Chat.Value);
        Write("chat_head", key, head.Stamp,
            ("seq", Number(head.Seq)), ("position", Number(head.Position.Value)), ("time_ms", Number(head.TimeMs)),
            ("stamp", Number(head.Stamp)), ("n", Number(head.N)), ("direct", Flag(head.Direct)),
            ("pull", Flag(head.Pull)), ("settings_seq", Number(head.SettingsSeq)), ("title", Hex(head.Title)),
            ("custom", Hex(head.Custom)), ("awaits", Hex(head.Awaits?.Value ?? "")));
        var roster = $"chat_head {key} roster";
        if (commit.RosterChanged)
        {
            Write("chat_head", key, head.Stamp, ("roster", Convert.ToHexStringLower(RosterBytes.Of(head.Roster))));
            _later[roster] = [];
        }
        else
        {
            _later[roster].Add(head.Stamp);
        }
    }

    private void Write(long chat, HistoryRow row)
    {
        switch (row)
        {
            case EventRow it:
                Write("events", Under(chat, (long)it.Event.Seq), it.Stamp, ("event", Hex(it.Event)));
                if (it.Content is { } content)
                    Write("events", Under(chat, (long)it.Event.Seq), it.Stamp, ("content", Hex(content)));
                break;
            case EditRow it:
                Write("edits", $"{Under(chat, it.Target)}/{it.EditSeq}", it.Stamp, ("content", Hex(it.Content)));
                Write("events", Under(chat, it.Target), it.Stamp, ("edited", Number(it.EditSeq)));
                EditsOf(chat, it.Target).Add(it.EditSeq);
                break;
            case ErasureRow it:
                (string, string)[] erased = [("content", ""), ("deleted", Number(it.DeletedSeq))];
                Write("events", Under(chat, it.Target), it.Stamp, erased);
                foreach (var edit in EditsOf(chat, it.Target))
                    Write("edits", $"{Under(chat, it.Target)}/{edit}", it.Stamp, erased);
                break;
            case ReactionRow it:
                Write("reactions", $"{Under(chat, it.Target)}/{Hex(it.Emoji)}/{Hex(it.User)}", it.Stamp,
                    ("is_on", Flag(it.On)), ("event_seq", Number(it.EventSeq)));
                Write("reaction_changes", $"{Under(chat, it.Target)}/{it.EventSeq}", it.Stamp,
                    ("is_on", Flag(it.On)), ("emoji", Hex(it.Emoji)), ("user_id", Hex(it.User)));
                break;
            case StayRow it:
                Write("chat_members", $"{chat}/{Hex(it.User)}/{it.FromSeq}", it.Stamp,
                    ("to_seq", Number(it.ToSeq ?? 0)));
                break;
            case KeyRow it:
                Write("client_keys",
                    $"{chat}/{Hex(it.Sender)}/{it.ClientId.UnixMilliseconds / MonthMs}/{it.ClientId.Value}", it.Stamp,
                    ("seq", Number(it.Use.Seq)), ("n", Number(it.Use.N)),
                    ("position", Number(it.Use.Position.Value)), ("id", Number((long)it.Use.Id.Value)),
                    ("body_hash", Number((long)it.Use.BodyHash)));
                break;
            default:
                WriteOfUser(chat, row);
                break;
        }
    }

    private void WriteOfUser(long chat, HistoryRow row)
    {
        switch (row)
        {
            case UserChatRow it:
                Write("user_chats", $"{Hex(it.User)}/{chat}", it.Stamp,
                    ("from_seq", Number(it.FromSeq)), ("to_seq", Number(it.ToSeq ?? 0)), ("pull", Flag(it.Pull)));
                break;
            case UserChatHeadRow it:
                Write("user_chats", $"{Hex(it.User)}/{chat}", it.Stamp,
                    ("head_seq", Number(it.HeadSeq)), ("head_n", Number(it.HeadN)),
                    ("head_time_ms", Number(it.HeadTimeMs)));
                break;
            case UserChatReadRow it:
                Write("user_chats", $"{Hex(it.User)}/{chat}", it.Stamp,
                    ("read_seq", Number(it.ReadSeq)), ("read_n", Number(it.ReadN)),
                    ("read_time_ms", Number(it.ReadTimeMs)));
                break;
            default:
                Assert.Fail($"No cell is known of {row.GetType().Name}.");
                break;
        }
    }

    private void Write(string table, string key, long stamp, params (string Column, string Value)[] cells)
    {
        foreach (var (column, value) in cells)
        {
            var cell = $"{table} {key} {column}";
            var has = _cells.TryGetValue(cell, out var former);
            if (has && former.Stamp == stamp) Assert.Equal(former.Value, value);
            if (!has || stamp > former.Stamp) _cells[cell] = (stamp, value);
        }
    }

    private List<long> EditsOf(long chat, long target)
    {
        if (!_edits.TryGetValue((chat, target), out var edits)) _edits.Add((chat, target), edits = []);
        return edits;
    }

    private static string Under(long chat, long seq) => $"{chat}/{seq / SeqsOfBucket}/{seq}";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Flag(bool value) => value ? "true" : "false";

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text));

    private static string Hex(UserId user) => Hex(user.Value);

    private static string Hex(IMessage message) => Convert.ToHexStringLower(message.ToByteArray());
}
