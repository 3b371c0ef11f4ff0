using LiveChat.Core.Chats;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// Who types in one chat, and what the others were told of each. Under the lock of <see cref="TypingBoard"/>. Full (16
/// users who typed within the last seconds) means that nobody new types.
/// </summary>
internal sealed class Typists(TimeProvider time)
{
    private const int UsersMax = 16;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<UserId, Typist> _users = [];

    /// <summary>The chat as it was when somebody last typed.</summary>
    public ChatState? Chat { get; set; }

    /// <summary>The list that was posted last.</summary>
    public string[] Posted { get; set; } = [];

    /// <summary>Whether somebody's outbox had no room for the list.</summary>
    public bool IsMissed { get; set; }

    /// <summary>Whether there is nothing left to end, to tell, or to keep from being told too often.</summary>
    public bool IsIdle => _users.Count == 0 && !IsMissed;

    /// <summary>Who types, as it was told last.</summary>
    public string[] Told() =>
    [
        .. _users.Where(static entry => entry.Value.IsTold).Select(static entry => entry.Key.Value)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Through what the user types; null for one who does not.</summary>
    public ITypingSource? SourceOf(UserId user) => _users.GetValueOrDefault(user)?.Source;

    /// <summary>Who types through a source.</summary>
    public UserId[] UsersOf(ITypingSource source) =>
        [.. _users.Where(entry => source.Equals(entry.Value.Source)).Select(static entry => entry.Key)];

    /// <summary>False when there is nothing to note.</summary>
    public bool Set(UserId user, ITypingSource source, bool on)
    {
        if (!_users.TryGetValue(user, out var typist))
        {
            if (!on || _users.Count >= UsersMax) return false;
            _users.Add(user, typist = new Typist());
        }

        typist.Source = on ? source : null;
        if (on) typist.SeenAt = time.GetTimestamp();
        return true;
    }

    /// <summary>Ends it whatever was told when; true when the others have to be told.</summary>
    public bool End(UserId user)
    {
        if (!_users.TryGetValue(user, out var typist)) return false;
        typist.Source = null;
        return Tell(typist);
    }

    /// <summary>Whether the others have to be told now of what became of the user.</summary>
    public bool TryTell(UserId user) => !WasJustTold(_users[user]) && Tell(_users[user]);

    /// <summary>The same of everybody; forgets who has stopped for good.</summary>
    public bool TryTellAll()
    {
        var isChanged = false;
        foreach (var (user, typist) in _users)
        {
            if (WasJustTold(typist)) continue;
            isChanged |= Tell(typist);
            if (typist.Source is null && !WasJustTold(typist)) _users.Remove(user);
        }

        return isChanged;
    }

    /// <summary>Ends what was not repeated in time, or all of it; gives the sources.</summary>
    public List<ITypingSource> Expire(bool isAll)
    {
        var sources = new List<ITypingSource>();
        foreach (var typist in _users.Values)
        {
            if (typist.Source is not { } source || (!isAll && time.GetElapsedTime(typist.SeenAt) < Lifetime))
                continue;
            sources.Add(source);
            typist.Source = null;
        }

        return sources;
    }

    private bool Tell(Typist typist)
    {
        var isOn = typist.Source is not null;
        if (isOn == typist.IsTold) return false;
        typist.IsTold = isOn;
        typist.ToldAt = time.GetTimestamp();
        return true;
    }

    private bool WasJustTold(Typist typist) => typist.ToldAt is { } at && time.GetElapsedTime(at) < Interval;

    private sealed class Typist
    {
        /// <summary>Null once the user has stopped.</summary>
        public ITypingSource? Source { get; set; }

        public long SeenAt { get; set; }

        /// <summary>Whether the others were told that the user types.</summary>
        public bool IsTold { get; set; }

        public long? ToldAt { get; set; }
    }
}
