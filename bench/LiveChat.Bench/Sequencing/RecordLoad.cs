using Google.Protobuf;
using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Bench.Sequencing;

/// <summary>Records as ingest would have appended them, always the same ones.</summary>
internal static class RecordLoad
{
    private const int Chats = 1_000;
    private const int RecordsPerChat = 50;
    private const long StartMs = 1_767_225_600_000;

    private static readonly string Text = new('x', 100);

    /// <summary>Texts of 100 bytes, and nothing else once the chats are there.</summary>
    public static IReadOnlyList<LogEntry> Messages() => Append((random, chat, turn) => turn == 0
        ? New(random, chat, $"a{chat}", record => record.Created = new Created
        {
            Direct = true, Members = { $"b{chat}" },
        })
        : Message(random, chat, turn % 2 == 0 ? $"a{chat}" : $"b{chat}"));

    /// <summary>
    /// In each chat of 8 members: of 16 records 11 messages, 2 reactions, an edit, a deletion, and a change of the
    /// title, of a role or of the members in turn.
    /// </summary>
    public static IReadOnlyList<LogEntry> AllKinds() => Append((random, chat, turn) =>
    {
        var owner = $"u0.{chat}";
        if (turn == 0)
            return New(random, chat, owner, record => record.Created = new Created
            {
                Members = { Enumerable.Range(1, 7).Select(member => $"u{member}.{chat}") }, Title = "title",
            });
        var target = new Target { Seq = 2, Sender = owner, IsMessage = true };
        return (turn % 16) switch
        {
            3 or 9 => New(random, chat, owner, record =>
            {
                (record.Target, record.Reaction) = (target, new Reaction { Emoji = "👍", On = turn % 16 == 3 });
            }),
            6 => New(random, chat, owner, record =>
            {
                (record.Target, record.Edit) = (target, new Edit { Body = new Body { Text = Text } });
            }),
            12 => New(random, chat, owner, record => (record.Target, record.Delete) = (target, new Delete())),
            15 => New(random, chat, owner, record => Fill(record, chat, turn / 16)),
            _ => Message(random, chat, turn == 1 ? owner : $"u1.{chat}"),
        };
    });

    private static void Fill(Record record, int chat, int round)
    {
        if (round == 0) record.Settings = new Settings { Title = "another title" };
        else if (round == 1) record.MemberRole = new MemberRole { User = $"u1.{chat}", Role = Role.Admin };
        else record.MembersAdded = new MembersAdded { Users = { $"u8.{chat}" } };
    }

    private static Record Message(Random random, int chat, string sender) =>
        New(random, chat, sender, record => record.Message = new Message { Body = new Body { Text = Text } });

    private static List<LogEntry> Append(Func<Random, int, int, Record> record)
    {
        var random = new Random(1);
        var entries = new List<LogEntry>(Chats * RecordsPerChat);
        var position = PartitionTail.First;
        for (var turn = 0; turn < RecordsPerChat; turn++)
            for (var chat = 0; chat < Chats; chat++)
            {
                var bytes = RecordEnvelope.Encode(record(random, chat, turn), RulesV2.Number);
                entries.Add(new LogEntry(position, StartMs + turn, bytes));
                position = position.Next;
            }

        return entries;
    }

    private static Record New(Random random, int chat, string sender, Action<Record> fill)
    {
        Span<byte> chance = stackalloc byte[16];
        random.NextBytes(chance);
        var key = ClientId.FromTime(StartMs, chance);
        var record = new Record
        {
            Id = (ulong)random.NextInt64(1, 1L << 50),
            Chat = (ulong)(chat + 1),
            Sender = sender,
            ClientId = ByteString.CopyFrom(key.Value.ToByteArray(bigEndian: true)),
            MembersMax = 256,
            PullAt = 50,
            PushBelow = 40,
        };
        fill(record);
        return record;
    }
}
