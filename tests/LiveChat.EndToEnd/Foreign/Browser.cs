using System.Diagnostics;
using LiveChat.EndToEnd.Crash;

namespace LiveChat.EndToEnd.Foreign;

/// <summary>Debian's Chromium without a screen, on an empty profile, with one page open.</summary>
internal sealed class Browser : IAsyncDisposable
{
    public const string Program = "chromium";

    private readonly ScratchDirectory _profile = new();
    private readonly Process _process;

    public Browser(string url)
    {
        var start = new ProcessStartInfo(Program, [.. Arguments(_profile.Path), url])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{Program} did not start.");

        // What it says is read so that it does not wait for a reader, and is of no use.
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>How it is started on a profile.</summary>
    public static string[] Arguments(string profile) =>
    [
        // No sandbox: containers of a build have neither the user namespaces nor the setuid helper that it wants.
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-dev-shm-usage", "--disable-breakpad", $"--user-data-dir={profile}",
    ];

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _profile.Dispose();
    }
}
