using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What is true of who is online: the signs that a node heard, what users said about being shown, and what devices
/// were told of others, which is judged here and, where it takes the chats as they came to be, at the end.
/// </summary>
internal sealed class PresenceTruth(World world)
{
    /// <summary>How far the clock of a node is off, and a millisecond for the rounding.</summary>
    public static readonly TimeSpan ClockSlack = TimeSpan.FromMilliseconds(Simulation.SkewMsMax + 1);

    /// <summary>How long a sign keeps a user online, and what a slow machine and a slow store add.</summary>
    private static readonly TimeSpan OnlineMax = TimeSpan.FromSeconds(60 + 10);

    /// <summary>How long a sign may be on its way to another node.</summary>
    private static readonly TimeSpan LinkMax = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan EndHeardMax = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, DateTimeOffset> _signs = [];
    private readonly List<Setting> _settings = [];
    private readonly List<(SimulatedDevice Device, PresenceItem Item, DateTimeOffset At)> _toldOffline = [];
    private List<(SimulatedDevice Device, int Session)> _steady = [];
    private readonly List<(SimulatedDevice Device, string Chat, long After, string User)> _told = [];

    /// <summary>From now on no user is told offline who has a device that stays connected.</summary>
    public void BeginSteady(IEnumerable<SimulatedDevice> devices) => _steady =
        [.. devices.Where(static device => device.IsReady).Select(static device => (device, device.Session))];

    /// <summary>Judges what was told meanwhile, but for what is so young that a device may not have heard yet that the
    /// node has ended its session.</summary>
    public void EndSteady()
    {
        foreach (var (device, item, at) in _toldOffline)
            world.Require(
                world.Time.GetUtcNow() - at < EndHeardMax || !_steady.Exists(steady =>
                    steady.Device.User.Value == item.User
                    && steady.Device.IsReady && steady.Device.Session == steady.Session),
                $"{device.Name} is told {item}, who has been connected all the time.");
        _toldOffline.Clear();
        _steady = [];
    }

    /// <summary>A device is told of a change.</summary>
    public void NoteChange(SimulatedDevice device, PresenceItem item)
    {
        if (!item.Online && _steady.Count > 0) _toldOffline.Add((device, item, world.Time.GetUtcNow()));
    }

    /// <summary>A node hears something of a device.</summary>
    public void Hear(UserId user) => _signs[user.Value] = world.Time.GetUtcNow();

    /// <summary>When a node last heard of the user.</summary>
    public DateTimeOffset LastSign(string user) => _signs.GetValueOrDefault(user);

    /// <summary>The user says whether to be shown; the answer is noted in what is returned.</summary>
    public Setting BeginSetting(UserId user, bool isVisible)
    {
        var setting = new Setting(user.Value, isVisible, world.Time.GetUtcNow());
        _settings.Add(setting);
        return setting;
    }

    /// <summary>Judges what a device was told.</summary>
    /// <param name="device">The device.</param>
    /// <param name="chat">Through which chat.</param>
    /// <param name="after">The last event of the chat that it had been sent before.</param>
    /// <param name="since">What was said is not older than this.</param>
    /// <param name="item">What was said.</param>
    public void Judge(SimulatedDevice device, string chat, long after, DateTimeOffset since, PresenceItem item)
    {
        if (!item.Online && item.LastSeen is null)
            return;
        _told.Add((device, chat, after, item.User));
        foreach (var user in (string[])[item.User, device.User.Value])
            world.Require(!WasHidden(user, since), $"{device.Name} is told {item} although {user} hides.");
        var sign = LastSign(item.User);
        world.Require(
            !item.Online || sign >= since - OnlineMax - (world.IsCluster ? LinkMax : TimeSpan.Zero),
            $"{device.Name} is told {item}, whose last sign was at {sign}; asked at {since}.");
        world.Require(
            item.LastSeen is null || item.LastSeen <= sign + ClockSlack,
            $"{device.Name} is told {item}, whose last sign was at {sign}.");
    }

    /// <summary>Whom somebody was told about had a chat in common with who was told.</summary>
    public void CheckChats(IReadOnlyDictionary<string, PlainChat> chats)
    {
        foreach (var (device, chat, after, user) in _told)
        {
            world.Require(
                user == device.User.Value || chats.GetValueOrDefault(chat)?.ShowsSignsTo(device.User.Value) == true,
                $"{device.Name} was told of {user} through {chat}, which was never answered.");
            world.Require(
                chats.GetValueOrDefault(chat)?.AreTogether(device.User.Value, user, after) == true,
                $"{device.Name} was told of {user} through {chat}, where they were not together after {after}.");
        }
    }

    /// <summary>Whether the user was certainly hidden from then on and is still: what was not answered may have had
    /// its effect at any time.</summary>
    private bool WasHidden(string user, DateTimeOffset since) => _settings.Exists(hides =>
        hides.User == user && !hides.IsVisible && hides.DoneAt < since
        && !_settings.Exists(shows => shows.User == user && shows.IsVisible && !(shows.DoneAt < hides.BegunAt)));

    /// <summary>What a user said about being shown, and when it was answered.</summary>
    public sealed record Setting(string User, bool IsVisible, DateTimeOffset BegunAt)
    {
        public DateTimeOffset? DoneAt { get; private set; }

        public void Done(DateTimeOffset at) => DoneAt = at;
    }
}
