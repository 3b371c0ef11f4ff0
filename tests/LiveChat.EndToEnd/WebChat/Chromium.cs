using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using LiveChat.EndToEnd.Crash;
using LiveChat.EndToEnd.Foreign;
using LiveChat.Tests.Running;

namespace LiveChat.EndToEnd.WebChat;

/// <summary>
/// Chromium without a screen, driven over its DevTools protocol: a page is used as a person uses it, and looked at. One
/// command at a time; what the pages say by themselves is passed over, but for failures. Used by one test.
/// </summary>
internal sealed class Chromium : IAsyncDisposable
{
    private const string Listens = "DevTools listening on ";

    private static readonly JsonSerializerOptions WithoutNulls =
        new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly ScratchDirectory _profile = new();
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationToken _limit;
    private readonly List<string> _wrong = [];
    private int _last;

    private Chromium(CancellationToken limit)
    {
        _limit = limit;
        _process = Process.Start(new ProcessStartInfo(
            Browser.Program,
            [.. Browser.Arguments(_profile.Path), "--remote-debugging-port=0", "--window-size=1000,700", "about:blank"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException($"{Browser.Program} did not start.");
    }

    /// <summary>What went wrong in the pages: exceptions, and what the content security policy stopped.</summary>
    public IReadOnlyList<string> Wrong => _wrong;

    public static Task<Chromium> StartAsync(CancellationToken limit) =>
        SetUp.OrEndAsync(new Chromium(limit), static browser => browser.ConnectAsync());

    /// <summary>Opens a page in a tab of its own.</summary>
    public async Task<ChromiumPage> OpenAsync(string address)
    {
        var target = await AskAsync("Target.createTarget", new { url = "about:blank" });
        var attached = await AskAsync(
            "Target.attachToTarget", new { targetId = target["targetId"]!.GetValue<string>(), flatten = true });
        var page = new ChromiumPage(this, attached["sessionId"]!.GetValue<string>());
        foreach (var part in (string[])["Page", "Runtime", "Log"]) await page.AskAsync($"{part}.enable", new { });
        await page.AskAsync("Page.navigate", new { url = address });
        return page;
    }

    /// <summary>Sends a command and waits for its answer.</summary>
    public async Task<JsonNode> AskAsync(string method, object parameters, string? session = null)
    {
        var id = ++_last;
        var command = JsonSerializer.SerializeToUtf8Bytes(
            new { id, method, @params = parameters, sessionId = session }, WithoutNulls);
        await _socket.SendAsync(command, WebSocketMessageType.Text, endOfMessage: true, _limit);
        while (true)
        {
            var said = await ReceiveAsync();
            if (said["id"]?.GetValue<int>() == id)
                return said["result"] ?? throw new InvalidOperationException($"{method}: {said.ToJsonString()}");
            Note(said);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _profile.Dispose();
    }

    private async Task ConnectAsync()
    {
        var listens = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data?.StartsWith(Listens, StringComparison.Ordinal) == true)
                listens.TrySetResult(new Uri(line.Data[Listens.Length..]));
        };
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        await _socket.ConnectAsync(await listens.Task.WaitAsync(_limit), _limit);
    }

    private void Note(JsonNode said)
    {
        var isWrong = said["method"]?.GetValue<string>() switch
        {
            "Runtime.exceptionThrown" => true,
            "Log.entryAdded" => said["params"]!["entry"]!["source"]!.GetValue<string>() is "security" or "violation",
            _ => false,
        };
        if (isWrong) _wrong.Add(said.ToJsonString());
    }

    private async Task<JsonNode> ReceiveAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[64 * 1024];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer.AsMemory(), _limit);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        message.Position = 0;
        return (await JsonNode.ParseAsync(message, cancellationToken: _limit))!;
    }
}
