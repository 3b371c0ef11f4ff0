using LiveChat.EndToEnd.Crash;

namespace LiveChat.EndToEnd.Faults;

/// <summary>A fault that is done to the whole system under load.</summary>
/// <param name="Name">What is done, as a row of the table says it.</param>
/// <param name="Act">Does it, and undoes it.</param>
/// <param name="IsShort">Whether the continuous build does it: one of each kind; others with
/// <c>LIVECHAT_LONG=1</c>.</param>
/// <param name="IsLast">Whether every cell of history is read behind it, of all scenarios before it too.</param>
internal sealed record FaultScenario(
    string Name, Func<FaultStage, Task> Act, bool IsShort = false, bool IsLast = false);

/// <summary>Where a scenario plays.</summary>
/// <param name="Cluster">The system.</param>
/// <param name="Load">Who uses it meanwhile.</param>
/// <param name="Random">Seeded: the moments, and what is chosen.</param>
internal sealed record FaultStage(ScriptedCluster Cluster, Load Load, Random Random)
{
    private const int SecondsMax = 3;

    /// <summary>Some messages are acknowledged, and some time passes.</summary>
    public async Task MeanwhileAsync(int messages = 40)
    {
        await Load.GoesOnAsync(messages);
        await Task.Delay(TimeSpan.FromSeconds(Random.NextDouble() * SecondsMax), TimeProvider.System);
    }

    /// <summary>A part is killed, the others go on, and it starts again.</summary>
    public async Task KillAsync(string part)
    {
        await Cluster.KillAsync(part);
        await MeanwhileAsync();
        await Cluster.StartAsync(part);
    }

    /// <summary>A part ends in order and starts again.</summary>
    public async Task RestartAsync(string part)
    {
        await Cluster.StopAsync(part);
        await Cluster.StartAsync(part);
        await MeanwhileAsync(messages: 20);
    }

    /// <summary>Nothing is acknowledged for so long, or hardly anything.</summary>
    public static Task WaitAsync(int seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
}
