using System.Text.Json;
using LiveChat.EndToEnd.Crash;

namespace LiveChat.EndToEnd.Foreign;

/// <summary>
/// One visit of a page in Chromium, which finds no host but this machine.
/// </summary>
/// <param name="Said">The page as it was in the end, and behind it what the browser and its console said.</param>
/// <param name="Requests">Everything that the page itself asked for.</param>
internal sealed record PageVisit(string Said, IReadOnlyList<Uri> Requests)
{
    private const string LimitSeconds = "180";

    public static async Task<PageVisit> OfAsync(Uri page)
    {
        using var scratch = new ScratchDirectory();
        var log = Path.Combine(scratch.Path, "net.json");
        var said = await Shell.RunAsync(
            "timeout",
            [
                LimitSeconds, Browser.Program, .. Browser.Arguments(Path.Combine(scratch.Path, "profile")),
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", $"--log-net-log={log}",
                "--enable-logging=stderr", "--virtual-time-budget=15000", "--dump-dom", page.AbsoluteUri,
            ]);

        // What a page asks for has its origin as the initiator; the browser asks for things of its own too.
        var origin = page.GetLeftPart(UriPartial.Authority);
        using var read = JsonDocument.Parse(await File.ReadAllBytesAsync(log));
        var requests =
            from happened in read.RootElement.GetProperty("events").EnumerateArray()
            where happened.TryGetProperty("params", out var given) && given.TryGetProperty("initiator", out var asker)
                && asker.GetString() == origin && given.TryGetProperty("url", out _)
            select new Uri(happened.GetProperty("params").GetProperty("url").GetString()!);
        return new PageVisit(said, [.. requests.Distinct()]);
    }
}
