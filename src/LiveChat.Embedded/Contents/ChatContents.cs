using System.Buffers.Binary;
using System.Text;
using LiveChat.Core.Chats;
using LiveChat.Core.Contents;
using LiveChat.Core.Log;
using LiveChat.Embedded.Disk;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Identities;
using LiveChat.Protocol.Ids;
using RocksDbSharp;

namespace LiveChat.Embedded.Contents;

/// <summary>Everything of one chat: the tables whose keys begin with the chat, and of each user the cells of the user's
/// own tables. Streams rows; keeps the chat's users. One thread.</summary>
internal sealed class ChatContents(RowPages pages, HistoryDatabase database)
{
    private const int KeyBytesMax = 256;
    private const int IdBytes = 16;

    private readonly RocksDbUserSettingsStore _settings = new(database);
    private readonly RocksDbDeletionStore _deletions = new(database);

    /// <summary>The whole chat.</summary>
    public IEnumerable<ContentLine> Of(ChatId chat)
    {
        yield return new ChatLine(HeadShape.Of(HeadOf(chat)));
        if (_deletions.Read(chat) is { } deletion) yield return new DeletionLine(deletion);
        foreach (var line in Events(chat)) yield return line;
        foreach (var (key, value) in Rows(database.Edits, chat))
            yield return EditOf(key, value);
        foreach (var line in Reactions(chat)) yield return line;
        foreach (var (key, value) in Rows(database.ChatMembers, chat))
            yield return StayOf(key, value);
        foreach (var (key, value) in Rows(database.ClientKeys, chat))
            yield return ClientKeyOf(key, value);
        foreach (var user in UsersOf(chat)) yield return MemberOf(chat, user);
        yield return new ChatEndLine(0, "");
    }

    /// <summary>What one user has of the chat, and the user's own events.</summary>
    public IEnumerable<ContentLine> OfUser(ChatId chat, UserId user)
    {
        yield return new ChatLine(HeadShape.Of(HeadOf(chat) with { Roster = Roster.Empty }));
        var own = new HashSet<long>();
        foreach (var line in Events(chat))
        {
            if (line.Event.Record.Sender != user.Value) continue;
            own.Add((long)line.Event.Seq);
            yield return line;
        }

        foreach (var (key, value) in Rows(database.Edits, chat))
            if (EditOf(key, value) is var edit && own.Contains(edit.EditSeq))
                yield return edit;
        foreach (var line in Reactions(chat))
            if (line.User == user)
                yield return line;
        foreach (var (key, value) in Rows(database.ChatMembers, chat))
            if (StayOf(key, value) is var stay && stay.User == user)
                yield return stay;
        yield return MemberOf(chat, user);
        yield return new ChatEndLine(0, "");
    }

    /// <summary>Everybody who was ever a member, or has marks.</summary>
    public IReadOnlyList<UserId> UsersOf(ChatId chat)
    {
        var users = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var table in (ColumnFamilyHandle[])[database.ChatMembers, database.Markers])
            foreach (var (key, _) in Rows(table, chat))
                users.Add(RowPages.Read("chat_members", key, () => UserAt(key, sizeof(ulong))));
        return [.. users.Select(UserId.OfRecord)];
    }

    private IEnumerable<(byte[] Key, byte[] Value)> Rows(ColumnFamilyHandle table, ChatId chat)
    {
        var prefix = new KeyWriter(stackalloc byte[sizeof(ulong)]).Number(chat.Value).Key.ToArray();
        return pages.Rows(table, prefix, RowPages.Behind(prefix));
    }

    private ChatState HeadOf(ChatId chat)
    {
        var key = new KeyWriter(stackalloc byte[sizeof(ulong)]).Number(chat.Value).Key.ToArray();
        var roster = database.Get([.. key, (byte)'r'], database.ChatHead);
        return database.Get(key, database.ChatHead) is { } head && roster is not null
            ? RowPages.Read("chat_head", key, () => RowCodec.ReadHead(chat, head, RosterBytes.Read(roster)))
            : throw DataDamagedException.Found($"chat {chat} has no head, or no roster");
    }

    /// <summary>An event, its content and its deletion are cells next to each other.</summary>
    private IEnumerable<EventLine> Events(ChatId chat)
    {
        EventLine? line = null;
        foreach (var (key, value) in Rows(database.Events, chat))
        {
            if (key[^1] == RocksDbEventReader.EventCell)
            {
                if (line is not null) yield return line;
                var stored = RowPages.Read("events", key, () => StoredEvent.Parser.ParseFrom(value));
                line = new EventLine(stored, Content: null, DeletedSeq: null);
                continue;
            }

            // A deletion or a content stands behind its event; alone it is a row above the head, which is not there.
            if (line is null || SeqAt(key, sizeof(ulong)) != (long)line.Event.Seq) continue;
            line = key[^1] == RocksDbEventReader.ContentCell
                ? RowPages.Read("events", key, () => line with { Content = Body.Parser.ParseFrom(value) })
                : line with { DeletedSeq = RowCodec.Number(value, 0) };
        }

        if (line is not null) yield return line;
    }

    /// <summary>Every change, in the order of the events on each message. What a former version set without a change is
    /// one.</summary>
    private IEnumerable<ReactionLine> Reactions(ChatId chat)
    {
        var present = new List<ReactionLine>();
        using var on = Rows(database.Reactions, chat)
            .Select(static row => PresentOf(row.Key, row.Value)).GetEnumerator();
        var hasOn = on.MoveNext();
        foreach (var change in Rows(database.ReactionChanges, chat).Select(static row => ChangeOf(row.Key, row.Value)))
        {
            // All that are on of this message, and of those before it.
            while (hasOn && on.Current.Target <= change.Target)
            {
                present.Add(on.Current);
                hasOn = on.MoveNext();
            }

            foreach (var older in Take(present, line =>
                (line.Target, line.EventSeq).CompareTo((change.Target, change.EventSeq)) < 0))
                yield return older;
            present.RemoveAll(line => line.Target == change.Target && line.EventSeq == change.EventSeq);
            yield return change;
        }

        for (; hasOn; hasOn = on.MoveNext()) present.Add(on.Current);
        foreach (var line in Take(present, static _ => true)) yield return line;
    }

    private static List<ReactionLine> Take(List<ReactionLine> lines, Predicate<ReactionLine> which)
    {
        var taken = lines.FindAll(which);
        if (taken.Count > 0) lines.RemoveAll(which);
        taken.Sort(static (one, other) => (one.Target, one.EventSeq).CompareTo((other.Target, other.EventSeq)));
        return taken;
    }

    private static ReactionLine ChangeOf(byte[] key, byte[] value) => RowPages.Read("reaction_changes", key, () =>
    {
        var row = RowCodec.ReadReactionChange(SeqAt(key, sizeof(ulong)), SeqAt(key, 2 * sizeof(ulong)), value);
        return new ReactionLine(row.Target, row.EventSeq, row.Emoji, row.User, row.On);
    });

    private static ReactionLine PresentOf(byte[] key, byte[] value) => RowPages.Read("reactions", key, () =>
    {
        var parts = new KeyReader(key);
        parts.Number();
        var target = parts.Seq();
        var user = UserId.OfRecord(parts.LastText());
        return new ReactionLine(target, RowCodec.Number(value, 1), parts.RestAsText(), user, On: true);
    });

    private static EditLine EditOf(byte[] key, byte[] value) => RowPages.Read("edits", key, () => new EditLine(
        SeqAt(key, sizeof(ulong)), SeqAt(key, 2 * sizeof(ulong)), Body.Parser.ParseFrom(value)));

    private static StayLine StayOf(byte[] key, byte[] value) => RowPages.Read("chat_members", key, () => new StayLine(
        UserId.OfRecord(UserAt(key, sizeof(ulong))),
        SeqAt(key, key.Length - sizeof(ulong)),
        RowCodec.Number(value, 0) is > 0 and var toSeq ? toSeq : null));

    private static ClientKeyLine ClientKeyOf(byte[] key, byte[] value) => RowPages.Read("client_keys", key, () =>
        ClientId.TryCreate(new Guid(key.AsSpan(key.Length - IdBytes), bigEndian: true), out var clientId)
            ? new ClientKeyLine(UserId.OfRecord(UserAt(key, sizeof(ulong))), clientId, RowCodec.ReadKey(value))
            : throw new FormatException("The client id is no UUIDv7."));

    private MemberLine MemberOf(ChatId chat, UserId user)
    {
        var key = new KeyWriter(stackalloc byte[KeyBytesMax]).Text(user.Value).Number(chat.Value).Key.ToArray();
        byte[]? Cell(char cell) => database.Get([.. key, (byte)cell], database.UserChats);

        return RowPages.Read("user_chats", key, () => new MemberLine(user)
        {
            Membership = Cell('m') is { } stay
                ? new Membership(
                    RowCodec.Number(stay, 0),
                    RowCodec.Number(stay, 1) is > 0 and var toSeq ? toSeq : null,
                    RowCodec.Number(stay, 2) != 0)
                : null,
            Head = ReachedBy(Cell('h')),
            Read = ReachedBy(Cell('r')),
            Mark = MarkOf(chat, user, ReachedBy(Cell('k'))),
            Settings = MemberSettings.Of(_settings.Read(user, chat)),
        });
    }

    private MarkedSeq? MarkOf(ChatId chat, UserId user, ReachedSeq? byMarks)
    {
        var key = new KeyWriter(stackalloc byte[KeyBytesMax]).Number(chat.Value).Text(user.Value).Key.ToArray();
        return database.Get(key, database.Markers) is { } marker
            ? new MarkedSeq(RowCodec.Number(marker, 0), byMarks, RowCodec.Number(marker, 2))
            : null;
    }

    /// <summary>A mark of delivery writes the cell of a read mark too, with nothing in it.</summary>
    private static ReachedSeq? ReachedBy(byte[]? cell) => cell is not null && RowCodec.Number(cell, 0) > 0
        ? new ReachedSeq(RowCodec.Number(cell, 0), RowCodec.Number(cell, 1), RowCodec.Number(cell, 2))
        : null;

    private static long SeqAt(byte[] key, int at) => BinaryPrimitives.ReadInt64BigEndian(key.AsSpan(at));

    private static string UserAt(byte[] key, int at)
    {
        var rest = key.AsSpan(at);
        var end = rest.IndexOf((byte)0);
        return end < 0 ? throw new FormatException("The key has no user.") : Encoding.ASCII.GetString(rest[..end]);
    }
}
