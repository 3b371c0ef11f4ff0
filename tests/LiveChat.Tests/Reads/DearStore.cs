using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Identities;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using LiveChat.Tests.History;
using Microsoft.Extensions.Logging.Abstractions;
using RocksDbSharp;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Reads;

/// <summary>
/// History on RocksDB in which a user and the friends of that user stored whatever makes reads dear, so many times as
/// much as any bound, and another user stored next to nothing.
/// </summary>
internal sealed class DearStore : IDisposable
{
    /// <summary>Who stored little.</summary>
    public const string Plain = "plain";

    /// <summary>Whose reads are dear.</summary>
    public const string Dear = "mallory";

    /// <summary>One of the others in the chats.</summary>
    public const string Friend = "friend-0";

    public const ulong PlainChat = 10;
    public const ulong Reacted = 20;
    public const ulong Edited = 30;
    public const ulong Skipped = 40;
    public const ulong Stayed = 50;
    public const ulong Marked = 60;
    private const ulong Listed = 1_000;
    private const long MutedUntil = Records.StartMs + 86_400_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("livechat-dear-").FullName;
    private int _key;

    /// <param name="times">How often everything is stored that is not bounded.</param>
    public DearStore(int times)
    {
        Database = HistoryDatabase.Open(_folder, NullLogger<HistoryDatabase>.Instance);
        (History, Users, Identities) =
            (new RocksDbHistoryStore(Database), new RocksDbUserStore(Database), RocksDbIdentities.Over(Database));
        Write(PlainChat, [Created(Plain, "bob"), .. Messages("bob", 5)]);
        AddEvents(times);
        AddMembers(times);
        AddChats(300 * times);
    }

    public HistoryDatabase Database { get; }

    public IHistoryStore History { get; }

    public IUserStore Users { get; }

    public IdentityPorts Identities { get; }

    public void Dispose()
    {
        Database.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Messages with as many reactions as they may have; edits as long as they may be, on a few messages;
    /// events that are not messages.</summary>
    private void AddEvents(int times)
    {
        string[] friends = [.. Enumerable.Range(0, 4).Select(static i => $"friend-{i}")];
        var count = 4 * times;
        Write(Reacted,
        [
            Created(Dear, friends), .. Messages(Dear, count),
            .. from message in Enumerable.Range(2, count)
               from friend in friends
               from emoji in Enumerable.Range(0, Limits.EmojisByUserMax)
               select Records.React(
                   friend, ++_key, Records.Target(message, Dear), emoji: $"{emoji}".PadLeft(Limits.EmojiBytesMax, '+')),
            Records.Remove(Dear, ++_key, Friend),
        ]);
        var text = new string('x', Limits.BodyBytesMax - 100);
        Write(Edited,
        [
            Created(Dear, friends), .. Messages(Dear, 4, text),
            .. Enumerable.Range(0, 110 * times).Select(i => LongEdit(Records.Target(2 + (i % 4), Dear), text)),
        ]);
        Write(Skipped,
        [
            Created(Dear, friends), .. Messages(Dear, 1),
            .. Enumerable.Range(0, 4_000 * times).Select(i =>
                Records.React(friends[0], ++_key, Records.Target(2, Dear), on: i % 2 == 0)),
        ]);
    }

    /// <summary>Many stays of one user; many who marked and left; members with the longest names and data.</summary>
    private void AddMembers(int times)
    {
        Write(Stayed,
        [
            Created(Friend, "bob"),
            .. Enumerable.Range(0, 300 * times).SelectMany(_ => (Record[])
                [Records.Add(Friend, ++_key, Dear), Records.Message(Friend, ++_key),
                    Records.Remove(Friend, ++_key, Dear)]),
            Records.Add(Friend, ++_key, Dear),
        ]);
        Write(Marked, [Created(Dear, Ghosts(0, Limits.MembersMax - 1)), .. Messages(Dear, 3)]);
        using var batch = new WriteBatch();
        foreach (var name in Ghosts(0, Limits.MembersMax * (1 + times)))
        {
            var user = UserId.Parse(name);
            batch.Put(
                new KeyWriter(new byte[128]).Number(Marked).Text(name).Key.ToArray(),
                RowCodec.Numbers(2, 2, Records.StartMs), Database.Markers);
            batch.Put(
                new KeyWriter(new byte[128]).Text(name).Key.ToArray(),
                IdentityCodec.User(new UserRow(user) { CreatedMs = 1, Custom = LongCustom }), Database.Users);
        }

        Database.Write(batch, sync: false);
    }

    /// <summary>Groups of the longest names, which are all hidden and muted: a list passes over them.</summary>
    private void AddChats(int count)
    {
        using var batch = new WriteBatch();
        for (var chat = Listed; chat < Listed + (ulong)count; chat++)
        {
            Write(chat, [Created(Dear, Ghosts(0, 60))]);
            batch.Put(
                new KeyWriter(new byte[128]).Text(Dear).Number(chat).Key.ToArray(),
                RowCodec.Numbers(MutedUntil, 0, Records.StartMs, 1), Database.UserSettings);
            ChatsByTime.Move(
                batch, Database, UserId.Parse(Dear), ChatsByTime.Settings, new ChatId(chat), null, Records.StartMs);
        }

        batch.Put(
            new KeyWriter(new byte[128]).Text(Dear).Key.ToArray(), RowCodec.Numbers(0L), Database.UserSettings);
        Database.Write(batch, sync: false);
    }

    private static string LongCustom { get; } = $"{{\"a\":\"{new string('x', Limits.CustomBytesMax - 10)}\"}}";

    private static string[] Ghosts(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(static i => $"ghost-{i}".PadRight(64, 'x'))];

    private void Write(ulong chat, IEnumerable<Record> records)
    {
        var events = ChatEvents.Of(records, chat);
        History.WriteAsync([HistoryRowsBuilder.Build(events)], default).AsTask().GetAwaiter().GetResult();
    }

    private Record Created(string creator, params string[] members)
    {
        var record = Records.Created(creator, ++_key, members);
        (record.MembersMax, record.PullAt, record.PushBelow) = ((uint)Limits.MembersMax, 50, 40);
        return record;
    }

    private Record[] Messages(string sender, int count, string text = "text") =>
        [.. Enumerable.Range(0, count).Select(_ => Records.Message(sender, ++_key, text))];

    private Record LongEdit(Core.Log.Target target, string text)
    {
        var record = Records.Edit(Dear, ++_key, target);
        record.Edit.Body.Text = text;
        return record;
    }
}
