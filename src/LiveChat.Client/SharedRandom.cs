namespace LiveChat.Client;

/// <summary>
/// Chance for commands, pulls and reconnects at once: a <see cref="Random"/> that two threads use may give zeros from
/// then on, and the pauses between two tries with it. The lock keeps it.
/// </summary>
internal sealed class SharedRandom(Random random) : Random
{
    private readonly Lock _lock = new();

    public override double NextDouble()
    {
        lock (_lock) return random.NextDouble();
    }
}
