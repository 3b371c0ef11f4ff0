using LiveChat.Core.History;

namespace LiveChat.Tests.Simulation;

/// <summary>What goes wrong in a run, and when: the seed says. From <see cref="Heal"/> on nothing does.</summary>
internal sealed class Faults(int seed, TimeProvider time)
{
    private readonly Random _random = new(seed);

    public bool IsHealed { get; private set; }

    /// <summary>A world in which nothing goes wrong.</summary>
    public static Faults None(TimeProvider time)
    {
        var faults = new Faults(0, time);
        faults.Heal();
        return faults;
    }

    public void Heal() => IsHealed = true;

    /// <summary>Goes wrong again.</summary>
    public void Hurt() => IsHealed = false;

    /// <summary>True once in so many times.</summary>
    public bool Strike(int oneIn) => !IsHealed && _random.Next(oneIn) == 0;

    /// <summary>0 … max, evenly; it decides what a fault does, also after healing.</summary>
    public int Upto(int max) => _random.Next(max + 1);

    /// <summary>Now and then takes a while, seldom a long one.</summary>
    public Task PauseAsync(int millisecondsMax)
    {
        if (IsHealed || _random.Next(3) == 0)
            return Task.CompletedTask;
        var milliseconds = _random.Next(20) == 0 ? millisecondsMax * 10 : millisecondsMax;
        return Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, milliseconds + 1)), time);
    }

    /// <summary>A call to a store: late now and then, seldom in vain and without effect.</summary>
    public async Task ReadingAsync()
    {
        await PauseAsync(millisecondsMax: 15);
        if (Strike(oneIn: 25))
            throw new HistoryUnavailableException("History is away for a moment.");
    }
}
