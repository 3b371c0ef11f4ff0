using System.Globalization;

namespace LiveChat.Loads.Chats;

/// <summary>Counts what a server did that it must not do. Any thread.</summary>
internal sealed class LoadFaults
{
    private long _repeated;
    private long _early;
    private long _disordered;
    private long _altered;
    private long _misattributed;
    private long _lost;

    /// <summary>Messages that came a second time, or after a later one of their sender.</summary>
    public long Repeated => Interlocked.Read(ref _repeated);

    /// <summary>Messages that came before an earlier one of their sender.</summary>
    public long Early => Interlocked.Read(ref _early);

    /// <summary>Events that were not in the order of their chat, or left a hole that no head explains.</summary>
    public long Disordered => Interlocked.Read(ref _disordered);

    /// <summary>Messages with another text than was sent.</summary>
    public long Altered => Interlocked.Read(ref _altered);

    /// <summary>Messages that came under another user or in another chat.</summary>
    public long Misattributed => Interlocked.Read(ref _misattributed);

    /// <summary>Messages that a member never got.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Whether there was any fault.</summary>
    public bool Any => Repeated + Early + Disordered + Altered + Misattributed + Lost > 0;

    public void Repeat() => Interlocked.Increment(ref _repeated);

    public void Skip() => Interlocked.Increment(ref _early);

    public void Disorder() => Interlocked.Increment(ref _disordered);

    public void Alter() => Interlocked.Increment(ref _altered);

    public void Misattribute() => Interlocked.Increment(ref _misattributed);

    public void Lose(long count) => Interlocked.Add(ref _lost, count);

    public override string ToString() => Any
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{Repeated} late or repeated, {Early} early, {Disordered} out of order, {Altered} altered, "
            + $"{Misattributed} of another sender or chat, {Lost} lost")
        : "none";
}
