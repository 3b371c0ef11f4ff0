namespace LiveChat.Tests.Simulation;

/// <summary>The clock of one life of a node: as fast as that of the world, and off by some seconds.</summary>
internal sealed class SkewedTime(TimeProvider world, TimeSpan offset) : TimeProvider
{
    public override long TimestampFrequency => world.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => world.GetUtcNow() + offset;

    public override long GetTimestamp() => world.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        world.CreateTimer(callback, state, dueTime, period);
}
