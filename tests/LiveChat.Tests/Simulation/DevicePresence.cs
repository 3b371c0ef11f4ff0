using LiveChat.Protocol.Frames;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What a device believes of who is online. It watches through one chat, as a client does through the one that is on
/// its screen, and watches again with every connection.
/// </summary>
internal sealed class DevicePresence(World world, SimulatedDevice device)
{
    /// <summary>The number of the command that watches again.</summary>
    public const uint AgainId = 2;

    /// <summary>What a slow reader may be behind with what it is told.</summary>
    private static readonly TimeSpan BehindMax = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, long> _sent = [];
    private readonly HashSet<(string Chat, string User)> _asked = [];
    private readonly Dictionary<string, DateTimeOffset> _seen = [];
    private readonly Dictionary<string, DateTimeOffset> _seenChanged = [];
    private PresenceWatching? _watching;
    private Asked _again;

    /// <summary>What was asked for again was refused: the store of presence may be in doubt for a while.</summary>
    private bool _isRefused;

    /// <summary>User → what the device was last told through the chat that it watches.</summary>
    public Dictionary<string, PresenceItem> Believed { get; } = [];

    /// <summary>A new connection: nothing is watched. Returns what to ask for again.</summary>
    public PresenceWatching? Begin()
    {
        _sent.Clear();
        _asked.Clear();
        Believed.Clear();
        _isRefused = false;
        if (_watching is null)
            return null;
        _again = Ask(_watching.Chat, _watching.Users);
        return _watching with { Id = AgainId };
    }

    /// <summary>The answer to what was asked for again.</summary>
    public void TakeAgain(ServerFrame answer)
    {
        _isRefused = answer is not PresenceList;
        Take(answer, _watching!.Chat, _again);
    }

    /// <summary>As an SDK does, asks again for what was refused.</summary>
    public async Task AskAgainAsync()
    {
        if (_isRefused) _isRefused = !await WatchAsync(_watching!.Chat, _watching.Users);
    }

    /// <summary>The last event of the chat that was sent over the present connection; 0 for none.</summary>
    public long Sent(string chat) => _sent.GetValueOrDefault(chat);

    /// <summary>An event was sent over the present connection.</summary>
    public void TakeEvent(ChatEvent happened) =>
        _sent[happened.Chat] = Math.Max(_sent.GetValueOrDefault(happened.Chat), happened.Seq);

    public void Take(PresenceChanged changed)
    {
        var item = new PresenceItem(changed.User, changed.Online, changed.LastSeen);
        world.Trace($"{device.Name} is told that {item} through {changed.Chat}");
        world.Require(
            _asked.Contains((changed.Chat, changed.User)),
            $"{device.Name} is told {item} through {changed.Chat}, which it does not watch.");
        var after = _sent.GetValueOrDefault(changed.Chat);
        world.Presence.NoteChange(device, item);
        world.Presence.Judge(device, changed.Chat, after, world.Time.GetUtcNow() - BehindMax, item);
        Rise(_seenChanged, item, _seenChanged.GetValueOrDefault(item.User));
        Rise(_seen, item, default);
        if (changed.Chat == _watching?.Chat && Believed.ContainsKey(item.User))
            Believed[item.User] = item;
    }

    /// <summary>Asks once.</summary>
    public async Task GetAsync(string chat, IReadOnlyList<string> users)
    {
        var asked = Ask(chat, users);
        await device.AskAsync(new PresenceGet { Chat = chat, Users = users }, answer =>
        {
            if (answer is PresenceList list)
                Judge(list, asked);
        });
    }

    /// <summary>Asks, and watches from then on; false when there was no list.</summary>
    public async Task<bool> WatchAsync(string chat, IReadOnlyList<string> users)
    {
        _watching = new PresenceWatching { Chat = chat, Users = users };
        Believed.Clear();
        var asked = Ask(chat, users);
        return await device.AskAsync(_watching, answer => Take(answer, chat, asked)) is PresenceList;
    }

    /// <summary>Shows or hides the user; false when there was no answer that says so.</summary>
    public async Task<bool> ShowAsync(bool isVisible)
    {
        var setting = world.Presence.BeginSetting(device.User, isVisible);
        if (await device.AskAsync(new PresenceSet { Visible = isVisible }) is not PresenceSetting answer)
            return false;
        world.Trace($"{device.Name} shows its user: {isVisible}");
        world.Require(answer.Visible == isVisible, $"{device.Name} said {isVisible}, and is answered {answer}.");
        setting.Done(world.Time.GetUtcNow());
        return true;
    }

    private Asked Ask(string chat, IReadOnlyList<string> users)
    {
        foreach (var user in users)
            _asked.Add((chat, user));
        return new Asked([.. users], _sent.GetValueOrDefault(chat), world.Time.GetUtcNow(), new(_seen));
    }

    private void Take(ServerFrame answer, string chat, Asked asked)
    {
        if (answer is not PresenceList list)
            return;
        Judge(list, asked);
        if (_watching!.Chat != chat || !_watching.Users.SequenceEqual(asked.Users))
            return;
        foreach (var item in list.Items)
            Believed[item.User] = item;
    }

    private void Judge(PresenceList list, Asked asked)
    {
        world.Trace($"{device.Name} has as presence in {list.Chat}: {string.Join(' ', list.Items)}");
        world.Require(
            list.Items.Select(static item => item.User).SequenceEqual(asked.Users.Distinct()),
            $"{device.Name} asked for {string.Join(' ', asked.Users)}, and has {string.Join(' ', list.Items)}.");
        foreach (var item in list.Items)
        {
            world.Presence.Judge(device, list.Chat, asked.After, asked.At, item);
            Rise(_seen, item, asked.Seen.GetValueOrDefault(item.User));
        }
    }

    private void Rise(Dictionary<string, DateTimeOffset> seen, PresenceItem item, DateTimeOffset least)
    {
        if (item.LastSeen is not { } at)
            return;
        world.Require(at >= least, $"{device.Name} is told {item}, who was seen at {least} already.");
        if (at > seen.GetValueOrDefault(item.User))
            seen[item.User] = at;
    }

    /// <summary>A question: what had been sent, and what was known, when it was asked.</summary>
    private readonly record struct Asked(
        string[] Users, long After, DateTimeOffset At, Dictionary<string, DateTimeOffset> Seen);
}
