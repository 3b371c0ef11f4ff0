using LiveChat.Core.Links;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>
/// What users of this node changed for their own devices within the last half minute: a gateway is told it of each user
/// who comes there, since it may have missed it before, or its call may have lost it. One signal a chat and kind. Any
/// thread; one lock. Full (65,536 users, twice) means that it is kept for less.
/// </summary>
internal sealed class OwnNews(TimeProvider time)
{
    private const int UsersMax = 65_536;
    private const int SignalsMax = 64;
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Recent<UserId, Dictionary<(Signal.KindOneofCase, ulong), Signal>> _kept =
        new(KeptFor, UsersMax, time);

    /// <summary>Keeps everything for as long as the condition holds: a gateway that will call is away.</summary>
    public Func<bool> Holds
    {
        set => _kept.Holds = value;
    }

    public void Note(UserId user, Signal signal)
    {
        var key = (signal.KindCase, SignalRules.ChatOf(signal));
        lock (_lock)
        {
            if (!_kept.TryGet(user, out var ofUser)) ofUser = [];
            if (ofUser.Count >= SignalsMax) ofUser.Remove(ofUser.Keys.First());
            ofUser[key] = ofUser.TryGetValue(key, out var former) ? SignalRules.Merge(former, signal) : signal;
            _kept.Set(user, ofUser);
        }
    }

    public Signal[] Of(UserId user)
    {
        lock (_lock) return _kept.TryGet(user, out var ofUser) ? [.. ofUser.Values] : [];
    }
}
