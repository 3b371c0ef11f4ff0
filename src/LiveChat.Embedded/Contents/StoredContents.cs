using System.Globalization;
using LiveChat.Core.Contents;
using LiveChat.Core.Identities;
using LiveChat.Embedded.Disk;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Identities;
using LiveChat.Protocol.Ids;
using RocksDbSharp;

namespace LiveChat.Embedded.Contents;

/// <summary>
/// Everything that a history in a data folder holds, as lines: table by table in the order of the keys, a chat with all
/// that hangs on it, and no more in memory than a page of rows. A row that cannot be read ends it: a copy without it
/// would pass for whole. One thread, while no server uses the folder.
/// </summary>
internal sealed class StoredContents(HistoryDatabase database)
{
    private const int LinesPerPart = 500;
    private const int KeyBytesMax = 512;

    private readonly RowPages _pages = new(database);

    /// <summary>Every server key, user, erasure and chat behind a place.</summary>
    /// <exception cref="ContentException">A row cannot be read.</exception>
    /// <exception cref="DataDamagedException">The store cannot be read.</exception>
    public IEnumerable<ContentPart> Read(ContentPlace from)
    {
        for (var section = from.Section; section <= ContentSection.Chats; section++)
        {
            var after = section == from.Section ? from.After : "";
            var parts = section switch
            {
                ContentSection.Claims => Claims(after),
                ContentSection.ServerKeys => ServerKeys(after),
                ContentSection.Erasures => Erasures(after),
                ContentSection.Users => Users(after),
                _ => Chats(after),
            };
            foreach (var part in parts) yield return part;
            if (database.Unreadable.Count > 0)
                throw new ContentException(
                    "Rows of the history cannot be read, and a copy without them would pass for whole: restore the "
                    + "data folder from a backup in which they can, as docs/ops/damage.md says.");
        }
    }

    /// <summary>One user: the row, the devices, what the user has of each chat, and the user's own events there.
    /// </summary>
    public IEnumerable<ContentPart> ReadUser(UserId user)
    {
        yield return Only(UserOf(user));
        var (history, key) = (new ChatContents(_pages, database), PrefixOf(user.Value));
        ulong? last = null;
        foreach (var (row, _) in _pages.Rows(database.UserChats, key, RowPages.Behind(key)))
        {
            var chat = new KeyReader(row.AsSpan(key.Length)).Number();
            if (chat == last) continue;
            last = chat;
            foreach (var part in Parts(history.OfUser(new ChatId(chat), user))) yield return Only(part);
        }
    }

    /// <summary>How many chats there are.</summary>
    public long CountChats() => _pages.Keys(database.ChatHead).LongCount(static key => key.Length == sizeof(ulong));

    /// <summary>The chats behind one, with everybody who ever had to do with each.</summary>
    public IEnumerable<(ChatId Chat, IReadOnlyList<UserId> Users)> ChatsWithUsers()
    {
        var contents = new ChatContents(_pages, database);
        foreach (var key in _pages.Keys(database.ChatHead))
            if (key.Length == sizeof(ulong))
                yield return (ChatOf(key), contents.UsersOf(ChatOf(key)));
    }

    private static ContentPart Only(IReadOnlyList<ContentLine> lines) => new(lines, Done: null);

    private static ChatId ChatOf(byte[] key) => new(new KeyReader(key).Number());

    private static byte[] PrefixOf(string text) =>
        new KeyWriter(stackalloc byte[KeyBytesMax]).Text(text).Key.ToArray();

    /// <summary>Behind all keys that begin with the text.</summary>
    private static byte[] BehindText(string after) => after.Length == 0 ? [] : RowPages.Behind(PrefixOf(after));

    private IEnumerable<ContentPart> Claims(string after)
    {
        foreach (var (key, value) in _pages.Rows(database.ChatIds, BehindText(after), RowPages.End))
        {
            var line = RowPages.Read("chat_ids", key, () =>
                new ClaimLine(new KeyReader(key).RestAsText(), RowCodec.ReadClaim(value)));
            yield return new ContentPart([line], new ContentPlace(ContentSection.Claims, line.Scope));
        }
    }

    private IEnumerable<ContentPart> ServerKeys(string after)
    {
        if (after.Length > 0) yield break;
        yield return new ContentPart(
            [.. new RocksDbApiKeyStore(database).ReadKeys().Select(static key => new ServerKeyLine(key))],
            new ContentPlace(ContentSection.ServerKeys, "all"));
    }

    private IEnumerable<ContentPart> Erasures(string after)
    {
        byte[] from = [RocksDbErasureStore.Row];
        foreach (var (key, value) in _pages.Rows(database.Default, from, RowPages.Behind(from)))
        {
            // The key of the epoch begins so too, and ends in no zero.
            if (key[^1] != 0) continue;
            var erasure = RowPages.Read("erasures", key, () => RocksDbErasureStore.ErasureOf(key, value));
            if (string.CompareOrdinal(erasure.User.Value, after) > 0)
                yield return new ContentPart(
                    [new ErasureLine(erasure)], new ContentPlace(ContentSection.Erasures, erasure.User.Value));
        }
    }

    /// <summary>A device may be there without a user: it was revoked before anybody signed in.</summary>
    private IEnumerable<ContentPart> Users(string after)
    {
        using var users = UsersIn(database.Users, after).GetEnumerator();
        using var devices = UsersIn(database.Devices, after).GetEnumerator();
        var (hasUser, hasDevice) = (users.MoveNext(), devices.MoveNext());
        while (hasUser || hasDevice)
        {
            var order = !hasUser ? 1 : !hasDevice ? -1 : string.CompareOrdinal(users.Current, devices.Current);
            var user = order <= 0 ? users.Current : devices.Current;
            if (order <= 0) hasUser = users.MoveNext();
            if (order >= 0) hasDevice = devices.MoveNext();
            yield return new ContentPart(
                UserOf(UserId.OfRecord(user)), new ContentPlace(ContentSection.Users, user));
        }
    }

    private IEnumerable<string> UsersIn(ColumnFamilyHandle table, string after)
    {
        string? last = null;
        foreach (var key in _pages.Keys(table, BehindText(after)))
        {
            var user = RowPages.Read("users", key, () => new KeyReader(key).Text());
            if (user != last) yield return last = user;
        }
    }

    private List<ContentLine> UserOf(UserId user)
    {
        var key = PrefixOf(user.Value);
        var row = database.Get(key, database.Users) is { } value
            ? RowPages.Read("users", key, () => IdentityCodec.ReadUser(user, value))
            : new UserRow(user);
        return
        [
            new UserLine(row, new RocksDbLastSeenStore(database).Read(user)),
            .. new RocksDbIdentityStore(database).ReadDevices(user).Select(device => new DeviceLine(user, device)),
        ];
    }

    private IEnumerable<ContentPart> Chats(string after)
    {
        var contents = new ChatContents(_pages, database);
        var from = after.Length == 0
            ? Array.Empty<byte>()
            : RowPages.Behind(new KeyWriter(stackalloc byte[sizeof(ulong)])
                .Number(ulong.Parse(after, CultureInfo.InvariantCulture)).Key);
        foreach (var key in _pages.Keys(database.ChatHead, from))
        {
            if (key.Length != sizeof(ulong)) continue;
            var chat = ChatOf(key);
            foreach (var part in Parts(contents.Of(chat)))
                yield return new ContentPart(
                    part,
                    part[^1] is ChatEndLine ? new ContentPlace(ContentSection.Chats, $"{chat}") : null);
        }
    }

    private static IEnumerable<IReadOnlyList<ContentLine>> Parts(IEnumerable<ContentLine> lines) =>
        lines.Chunk(LinesPerPart);
}
