using System.Globalization;
using LiveChat.Cli.Text;
using LiveChat.Loads.Scenarios;
using LiveChat.Loads.Sockets;

namespace LiveChat.Cli.Bench;

/// <summary>One run of a scenario: what it is called, how it reaches the server, and where it says how it goes.
/// </summary>
/// <param name="Name">What the ids of its users begin with.</param>
/// <param name="Sessions">How it opens sessions.</param>
/// <param name="Options">What the command line says for all scenarios.</param>
/// <param name="Progress">Where it says how it goes.</param>
/// <param name="Interrupted">Ends it; the result says what was until then.</param>
internal sealed record BenchRun(
    string Name,
    LoadSessions Sessions,
    BenchOptions Options,
    ProgressLine Progress,
    CancellationToken Interrupted)
{
    private const int Steps = 20;

    private readonly Lock _lock = new();

    /// <summary>So many of what the load needs are there. Any thread.</summary>
    public void Opened(int count, int all, string what)
    {
        if (count != all && count % Math.Max(1, all / Steps) != 0) return;
        lock (_lock)
            Progress.Say(string.Create(CultureInfo.InvariantCulture, $"opening: {count:N0} of {all:N0} {what}"));
    }

    /// <summary>Says what it does now.</summary>
    public void Says(string sentence)
    {
        lock (_lock) Progress.Say(sentence);
    }

    /// <summary>A second of the load has passed.</summary>
    public void Passed(BenchSecond second, string unit) => Progress.Say(BenchText.Of(second, unit));
}
