using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Outboxes;

/// <summary>
/// A session as those see it who tell its device something or count its signs: who it is, and where its frames go. What
/// its device may ask for is no matter of theirs. Any thread.
/// </summary>
/// <param name="number">The session's number, unique for ever.</param>
/// <param name="user">Whose it is.</param>
/// <param name="device">The device, as the user's other devices know it.</param>
/// <param name="outbox">Where its frames go.</param>
/// <param name="heardAt">When the device gave its first sign, as a time stamp of the clock.</param>
internal abstract class ConnectedDevice(ulong number, UserId user, string device, Outbox outbox, long heardAt)
{
    private long _heardAt = heardAt;

    public ulong Number => number;

    public string Id => $"s_{number}";

    public UserId User => user;

    public string Device => device;

    public Outbox Outbox => outbox;

    /// <summary>When the token was issued that the session goes by now, Unix milliseconds.</summary>
    public abstract long IssuedAtMs { get; }

    /// <summary>When the device last gave a sign; its connection says so.</summary>
    public long HeardAt
    {
        get => Volatile.Read(ref _heardAt);
        set => Volatile.Write(ref _heardAt, value);
    }
}
