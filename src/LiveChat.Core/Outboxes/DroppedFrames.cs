namespace LiveChat.Core.Outboxes;

/// <summary>Counts the frames of sessions that could not be read, broke a rule or were of an unknown type, and had no
/// number to be answered under. Any thread.</summary>
internal sealed class DroppedFrames
{
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public void Add() => Interlocked.Increment(ref _count);
}
