namespace LiveChat.Core.Workers;

/// <summary>A number that only rises. Any thread.</summary>
internal sealed class HighMark
{
    private long _value;

    public long Value => Volatile.Read(ref _value);

    public void Raise(long value)
    {
        var former = Volatile.Read(ref _value);
        while (value > former)
        {
            var seen = Interlocked.CompareExchange(ref _value, value, former);
            if (seen == former)
                return;
            former = seen;
        }
    }
}
