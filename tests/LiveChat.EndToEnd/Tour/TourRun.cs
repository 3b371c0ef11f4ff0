using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Tour;

/// <summary>
/// Types the five minutes of the README word for word and compares what appears. Only the port is the test's own, and
/// the folder: <c>livechat</c> is a script that adds the address to what was typed.
/// </summary>
internal static class TourRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <param name="settings">What the environment of all terminals has besides.</param>
    /// <param name="mayTryAgain">Whether a command may say first that it tries again: services may be behind for a
    /// moment on a machine with other work.</param>
    public static async Task RunAsync(IReadOnlyDictionary<string, string> settings, bool mayTryAgain = false)
    {
        var steps = TourStep.Parse(await ReadmeAsync(), "## Five minutes");
        Assert.True(steps.Count(step => step.Command is not null) >= 8, "The tour was not found.");
        using var folder = new ScratchDirectory();
        var environment = await PrepareAsync(folder.Path, settings);
        var terminals = new Dictionary<string, Terminal>();
        try
        {
            foreach (var step in steps)
            {
                if (!terminals.TryGetValue(step.Terminal, out var terminal))
                {
                    terminal = new Terminal(folder.Path, environment, Patience, mayTryAgain);
                    terminals.Add(step.Terminal, terminal);
                }

                if (await terminal.RunAsync(step) is { } problem)
                    Assert.Fail($"Terminal {step.Terminal}: {step.Command ?? "(what comes next)"}\n{problem}");
            }
        }
        finally
        {
            foreach (var terminal in terminals.Values) await terminal.DisposeAsync();
        }
    }

    private static async Task<string> ReadmeAsync()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "LiveChat.slnx"))) folder = folder.Parent!;
        return await File.ReadAllTextAsync(Path.Combine(folder.FullName, "README.md"));
    }

    private static async Task<Dictionary<string, string>> PrepareAsync(
        string folder, IReadOnlyDictionary<string, string> settings)
    {
        var binary = Path.Combine(AppContext.BaseDirectory, "livechat");
        var url = CrashServer.FreeEndpoint().GetLeftPart(UriPartial.Authority);
        var commands = Directory.CreateDirectory(Path.Combine(folder, "bin"));
        var script = Path.Combine(commands.FullName, "livechat");
        await File.WriteAllTextAsync(script,
            $"""
             #!/bin/sh
             case $1 in
               serve) exec "{binary}" "$@" --listen {url} ;;
               token) exec "{binary}" "$@" ;;
               *) exec "{binary}" "$@" --url {url} ;;
             esac

             """);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(script, (UnixFileMode)0b111_000_000);
        return new Dictionary<string, string>(settings)
        {
            ["PATH"] = $"{commands.FullName}:{Environment.GetEnvironmentVariable("PATH")}",
            ["TERM"] = "dumb",
        };
    }
}
