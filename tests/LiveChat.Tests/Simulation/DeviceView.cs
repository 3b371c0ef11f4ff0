using LiveChat.Client;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Checking;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What a device knows, and what its application is shown: each event of a chat once, in order. Notes everything that
/// was seen, also what the client's stream then leaves out.
/// </summary>
internal sealed class DeviceView(World world, SimulatedDevice device)
{
    /// <summary>What follows the name of a device where it reads a page out of curiosity.</summary>
    public const string Reading = " reading";

    private readonly Dictionary<string, long> _shown = [];
    private readonly Dictionary<string, long> _from = [];
    private readonly Dictionary<string, long> _leftAt = [];
    private readonly Dictionary<(string Chat, string User), (long Delivered, long Read, int Repeats)> _receipts = [];
    private bool _hasBaseline;

    public EventStream Stream { get; } = new(capacity: 4096);

    /// <summary>From which seq on the application must be shown the events of a chat.</summary>
    public IReadOnlyDictionary<string, long> From => _from;

    /// <summary>All that the device was ever told of how far somebody is.</summary>
    public List<(string Chat, Receipt Item)> Receipts { get; } = [];

    /// <summary>All that the device was ever told of who types.</summary>
    public HashSet<(string Chat, string User)> Typists { get; } = [];

    /// <summary>Who types, by chat, as the device was last told.</summary>
    public Dictionary<string, IReadOnlyList<string>> Typing { get; } = [];

    /// <summary>The user's own settings of chats, as the device was last told.</summary>
    public Dictionary<string, Mine> Settings { get; } = [];

    /// <summary>The last event of a chat that the application was shown; 0 for none.</summary>
    public long Shown(string chat) => _shown.GetValueOrDefault(chat);

    public void Begin(Ready ready)
    {
        foreach (var chat in ready.Behind ?? [])
            Meet(chat.Chat, chat.HeadSeq);
        Typing.Clear();
        Settings.Clear();
        world.Require(!Stream.Begin(ready), $"{device.Name} was told of another store.");
    }

    /// <summary>Takes what came over the live connection.</summary>
    public void Take(ServerFrame frame, int session)
    {
        switch (frame)
        {
            case ChatEvent happened:
                world.Trace($"{device.Name} is told {happened.Chat}/{happened.Seq}");

                // What is told again may cross with what is on its way; the stream shows each event once nevertheless.
                Note(device.Name, happened, session, isPushed: world.RepeatsOf(happened.Chat) == 0);
                EndTyping(happened);
                Meet(happened.Chat, happened.Seq);
                break;
            case ChatHeadFrame head:
                world.Trace($"{device.Name} is told head {head.Chat}/{head.Seq}");
                Meet(head.Chat, head.Seq);
                break;
            case TypingUpdate typing:

                // An owner that lost the chat ends what it had shown, to those whom it knew as members.
                if (typing.Users.Count > 0) RequireMember(typing.Chat, $"that {string.Join(' ', typing.Users)} types");
                world.Typing.Judge(device, typing, device.Presence.Sent(typing.Chat));
                Typing[typing.Chat] = typing.Users;
                Typists.UnionWith(typing.Users.Select(user => (typing.Chat, user)));
                break;
            case Mine mine:
                Settings[mine.Chat] = mine;
                break;
            case Receipts receipts:
                // How far the own user is may cross with the removal: another device read it before.
                if (receipts.Items.Any(item => item.User != device.User.Value))
                    RequireMember(receipts.Chat, "who has read");
                foreach (var item in receipts.Items)
                    TakeReceipt(receipts.Chat, item);
                break;
        }

        Stream.Take(frame);
        Show();
    }

    public void TakeSync(Sync page)
    {
        foreach (var chat in page.Items)
        {
            if (_hasBaseline)
                Meet(chat.Chat, chat.HeadSeq);
            else
                _from[chat.Chat] = Math.Min(_from.GetValueOrDefault(chat.Chat, long.MaxValue), chat.HeadSeq + 1);
        }

        Stream.TakeSync(page);
        _hasBaseline |= page.Next is null;
        Show();
    }

    /// <summary>Takes an event of a page.</summary>
    public async Task PutAsync(ChatEvent pulled, int lineage)
    {
        Note(device.Name, pulled, device.Session, isPushed: false);
        await Stream.PutAsync(pulled, lineage, CancellationToken.None);
        Show();
    }

    /// <summary>Notes an event that was read besides: it is no proof that the application was shown it.</summary>
    public void NoteRead(ChatEvent seen) => Note(device.Name + Reading, seen, device.Session, isPushed: false);

    /// <summary>Who spoke or left was told to type no longer before.</summary>
    private void EndTyping(ChatEvent happened)
    {
        var gone = happened switch
        {
            MessageCreated => happened.Sender,
            MemberRemoved removed => removed.User,
            _ => null,
        };
        world.Require(
            gone is null
                || !Typing.GetValueOrDefault(happened.Chat, []).Contains(gone)
                || world.IsOfTwo(happened.Chat),
            $"{device.Name} is told {happened.Chat}/{happened.Seq} of {gone}, who types still.");
        if (gone == device.User.Value && happened is MemberRemoved)
            Typing.Remove(happened.Chat);
    }

    private void Note(string who, ChatEvent seen, int session, bool isPushed)
    {
        world.Learn(seen);
        world.Observed.Sightings.Add(
            new Sighting(who, session, world.Now, isPushed, Rendering.Seen(seen)));
    }

    /// <summary>Before the first list is complete, what was before the first event that one hears of is not missing.
    /// </summary>
    private void Meet(string chat, long seq) => _from.TryAdd(chat, _hasBaseline ? 1 : seq);

    private void Show()
    {
        while (Stream.Events.TryRead(out var shown))
        {
            var former = _shown.GetValueOrDefault(shown.Chat);
            world.Require(
                shown.Seq > former,
                $"The application on {device.Name} was shown {shown.Chat}/{shown.Seq} after {former}.");
            _shown[shown.Chat] = shown.Seq;
            if (shown is ChatDeleted || (shown is MemberRemoved removed && removed.User == device.User.Value))
                _leftAt[shown.Chat] = shown.Seq;
            else if (shown is MemberAdded added && added.Users.Contains(device.User.Value))
                _leftAt.Remove(shown.Chat);
        }
    }

    /// <summary>Whoever was removed hears nothing of the chat any more.</summary>
    private void RequireMember(string chat, string what) => world.Require(
        !_leftAt.TryGetValue(chat, out var left) || Stream.HighestSeen(chat) > left,
        $"{device.Name} was told {what} in {chat} after its user had left at {left}.");

    /// <summary>
    /// The others are told what rose, so that it never goes back. Of the own user a device is also told what another
    /// one marked while it connected, or wrote, which may cross with what is told to all: there the largest counts.
    /// </summary>
    private void TakeReceipt(string chat, Receipt receipt)
    {
        Receipts.Add((chat, receipt));
        if (receipt.User == device.User.Value)
            return;
        var key = (chat, receipt.User);
        var former = _receipts.GetValueOrDefault(key);
        var (delivered, read) = (receipt.Delivered ?? long.MaxValue, receipt.Read ?? long.MaxValue);

        // Another owner does not know what the former one told last, and what comes late goes through it.
        var repeats = world.RepeatsOf(chat);
        world.Require(
            (delivered > former.Delivered && read > former.Read) || (world.IsCluster && repeats != former.Repeats),
            $"{device.Name}: {receipt} in {chat} did not rise from {former}.");
        _receipts[key] = (receipt.Delivered ?? former.Delivered, receipt.Read ?? former.Read, repeats);
        var tried = world.Chats.Find(known => known.Id == chat)?.Marks.GetValueOrDefault(receipt.User)?.Tried;
        world.Require(
            receipt.Read is null || tried?.Contains(read) == true,
            $"{device.Name}: {receipt} in {chat}, which was never marked.");
    }
}
