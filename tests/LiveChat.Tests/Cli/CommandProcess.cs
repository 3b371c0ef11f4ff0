using System.Diagnostics;
using System.Text;

namespace LiveChat.Tests.Cli;

/// <summary>The <c>livechat</c> command as a process: what it prints, and where.</summary>
internal static class CommandProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Where the command was built: beside these tests are packages of other versions than its own.</summary>
    private static readonly string Command = Path.Combine(
        AppContext.BaseDirectory.Replace("tests/LiveChat.Tests", "src/LiveChat.Cli", StringComparison.Ordinal),
        "livechat.dll");

    /// <summary>Runs it to its end.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string[] args, string input = "", params (string Name, string Value)[] environment) =>
        RunInAsync(Environment.CurrentDirectory, args, input, environment);

    /// <summary>Runs it to its end in this working folder.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunInAsync(
        string folder, string[] args, string input = "", params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Command, .. args])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
