namespace LiveChat.Bench.Pairs;

/// <summary>What a server did that it must not. Any thread.</summary>
internal sealed class LoadFaults
{
    private long _repeated;
    private long _skipped;
    private long _disordered;
    private long _lost;

    /// <summary>A message came a second time, or after a later one of its sender.</summary>
    public void Repeat() => Interlocked.Increment(ref _repeated);

    /// <summary>A message came before an earlier one of its sender, or the earlier one never.</summary>
    public void Skip() => Interlocked.Increment(ref _skipped);

    /// <summary>The numbers of a chat's messages did not rise.</summary>
    public void Disorder() => Interlocked.Increment(ref _disordered);

    /// <summary>Messages that never came.</summary>
    public void Lose(long count) => Interlocked.Add(ref _lost, count);

    public bool Any => _repeated + _skipped + _disordered + _lost > 0;

    public override string ToString() => Any
        ? $"{_repeated} late or repeated, {_skipped} early, {_disordered} out of order, {_lost} lost"
        : "none";
}
