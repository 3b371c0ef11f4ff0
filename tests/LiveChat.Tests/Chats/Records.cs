using Google.Protobuf;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Chats;

/// <summary>Records as ingest would write them, for the chat 7 unless another is set.</summary>
internal static class Records
{
    /// <summary>The log's time of the tests' first record: 2026-01-01T00:00:00Z.</summary>
    public const long StartMs = 1_767_225_600_000;

    public const ulong Chat = 7;

    public static Record Created(string creator, int key, params string[] members) =>
        New(creator, key, record => record.Created = new Created { Members = { members }, Title = "title" });

    public static Record Direct(string creator, int key, string other) =>
        New(creator, key, record => record.Created = new Created { Direct = true, Members = { other } });

    public static Record Message(string sender, int key, string text = "text", long keyTimeMs = StartMs) =>
        New(sender, key, record => record.Message = new Message { Body = new Body { Text = text } }, keyTimeMs);

    public static Record Edit(string sender, int key, Target target) => New(sender, key, record =>
    {
        record.Target = target;
        record.Edit = new Edit { Body = new Body { Text = "edited" } };
    });

    public static Record Delete(string sender, int key, Target target) => New(sender, key, record =>
    {
        record.Target = target;
        record.Delete = new Delete();
    });

    public static Record React(string sender, int key, Target target, bool on = true, string emoji = "+") =>
        New(sender, key, record =>
        {
            record.Target = target;
            record.Reaction = new LiveChat.Core.Log.Reaction { Emoji = emoji, On = on };
        });

    public static Record Add(string sender, int key, params string[] users) =>
        New(sender, key, record => record.MembersAdded = new MembersAdded { Users = { users } });

    public static Record Remove(string sender, int key, string user) =>
        New(sender, key, record => record.MemberRemoved = new MemberRemoved { User = user });

    /// <summary>The server deletes the chat that has these members.</summary>
    public static Record DeleteChat(int key, params string[] members)
    {
        var record = New(".", key, record =>
        {
            record.ChatDeleted = new ChatDeleted();
            record.ChatDeleted.Members.Add(members);
        });
        record.Erasure = true;
        return record;
    }

    public static Record SetRole(string sender, int key, string user, Role role) =>
        New(sender, key, record => record.MemberRole = new MemberRole { User = user, Role = role });

    public static Record Patch(string sender, int key, string patch) =>
        New(sender, key, record => record.Settings = new Settings { CustomPatch = patch });

    public static Record Retitle(string sender, int key, string? title, long? ifSeq = null, string? custom = null)
    {
        var settings = new Settings();
        if (title is not null)
            settings.Title = title;
        if (custom is not null)
            settings.Custom = custom;
        if (ifSeq is { } seq)
            settings.IfSeq = (ulong)seq;
        return New(sender, key, record => record.Settings = settings);
    }

    /// <summary>Records of every kind, among them repetitions, a mismatch and refusals, in two chats.</summary>
    public static IReadOnlyList<Record> Story() =>
    [
        Created("ann", 1, "bob", "cat"),
        Message("ann", 2),
        Message("ann", 2).Again(),
        Direct("bob", 1, "cat").InChat(8),
        Message("ann", 2, "other text"),
        Message("eve", 3),
        Add("ann", 4, "eve", "dan", "fay"),
        Message("eve", 3).Again(),
        Message("cat", 1).InChat(8),
        Edit("ann", 5, Target(2, "ann")),
        React("bob", 6, Target(2, "ann")),
        React("bob", 7, Target(2, "ann"), on: false),
        SetRole("ann", 8, "bob", Role.Admin),
        Remove("bob", 9, "cat"),
        Message("cat", 10),
        Delete("bob", 11, Target(2, "ann")),
        Edit("ann", 12, Target(2, "ann")),
        Message("dan", 13),
        Retitle("bob", 14, "new", ifSeq: 1),
        Remove("dan", 15, "dan"),
        Message("dan", 13).Again(),
        Message("ann", 16, keyTimeMs: StartMs + 70_000),
        Message("bob", 2).InChat(8),
        Add("bob", 17, "cat"),
        Message("cat", 18),
    ];

    public static Target Target(long seq, string sender, bool isMessage = true) =>
        new() { Seq = (ulong)seq, Sender = sender, IsMessage = isMessage };

    public static ClientId Key(int key, long timeMs = StartMs)
    {
        Span<byte> chance = stackalloc byte[16];
        chance.Clear();
        BitConverter.TryWriteBytes(chance[12..], key);
        return ClientId.FromTime(timeMs, chance);
    }

    public static ulong Id(long timeMs, int sequence = 1) =>
        ((ulong)(timeMs - Snowflake.EpochUnixMilliseconds) << (Snowflake.NodeBits + Snowflake.SequenceBits))
        | (uint)sequence;

    /// <summary>The same command sent once more: ingest gives it another id.</summary>
    public static Record Again(this Record record)
    {
        var again = record.Clone();
        again.Id++;
        return again;
    }

    /// <summary>The same command with the limit of messages before the first answer.</summary>
    public static Record Limited(this Record record, uint unansweredMax)
    {
        record.UnansweredMax = unansweredMax;
        return record;
    }

    public static Record InChat(this Record record, ulong chat)
    {
        record.Chat = chat;
        return record;
    }

    private static Record New(string sender, int key, Action<Record> body, long keyTimeMs = StartMs)
    {
        var record = new Record
        {
            Id = Id(StartMs, key + 1),
            Chat = Chat,
            Sender = sender,
            ClientId = ByteString.CopyFrom(Key(key, keyTimeMs).Value.ToByteArray(bigEndian: true)),
            MembersMax = 10,
            PullAt = 6,
            PushBelow = 4,
        };
        body(record);
        return record;
    }
}
