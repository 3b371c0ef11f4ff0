using LiveChat.Tests.Checking;

namespace LiveChat.Tests.Simulation;

/// <summary>What every simulation does with a run: carries it out, and lists what did not hold.</summary>
internal static class SimulatedRun
{
    /// <summary>What did not hold, and with it the last that happened; an empty list when everything held.</summary>
    /// <param name="scheduler">Carries it out.</param>
    /// <param name="world">What was seen.</param>
    /// <param name="tellAsync">The run.</param>
    /// <param name="situation">Says how things stood when the run broke off.</param>
    public static List<string> Judge(
        SeededScheduler scheduler, World world, Func<Task> tellAsync, Func<IEnumerable<string>> situation)
    {
        var violations = new List<string>();
        try
        {
            scheduler.Run(tellAsync);
            violations.AddRange(RunChecker.Check(world.Observed));
        }
        catch (Exception exception)
        {
            violations.Add(exception.ToString());
            violations.AddRange(situation());
        }

        violations.InsertRange(0, world.Violations);
        if (violations.Count > 0) violations.AddRange(["The last that happened:", .. world.LastLines]);
        return violations;
    }

    /// <summary>What was seen, as text.</summary>
    public static string TraceOf(World world, IEnumerable<string> violations) =>
        $"{world}\n{string.Join('\n', violations)}";
}
