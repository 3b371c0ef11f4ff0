namespace LiveChat.Core.History;

/// <summary>
/// A value with its write stamp, as a column of Cassandra has one: of two writes the one with the higher stamp
/// stays, in whatever order they come. Not for several threads at once.
/// </summary>
internal struct Cell<T>
{
    /// <summary>Zero: never written.</summary>
    public long Stamp { get; private set; }

    public T? Value { get; private set; }

    public readonly bool IsWritten => Stamp > 0;

    public void Write(long stamp, T value)
    {
        if (stamp > Stamp)
            (Stamp, Value) = (stamp, value);
    }
}
