namespace LiveChat.Tests.Ids.Leases;

/// <summary>A clock that somebody sets: off from the world's by what is set; timers as the world's.</summary>
internal sealed class JumpingTime(TimeProvider world) : TimeProvider
{
    public TimeSpan Offset { get; set; }

    public override long TimestampFrequency => world.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => world.GetUtcNow() + Offset;

    public override long GetTimestamp() => world.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        world.CreateTimer(callback, state, dueTime, period);
}
