using LiveChat.Client;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Tests.Running;

namespace LiveChat.EndToEnd.Foreign;

/// <summary>
/// A server process, and <c>bob</c> on the C# SDK in a direct chat with <c>ann</c>, whose client somebody else wrote.
/// Used by one test.
/// </summary>
internal sealed class ForeignChat : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly ScratchDirectory _data = new();
    private readonly CancellationTokenSource _limit = new(Patience, TimeProvider.System);
    private CrashServer? _server;
    private LiveChatClient? _bob;
    private IAsyncEnumerator<ChatEvent>? _events;

    private ForeignChat()
    {
    }

    public Uri Endpoint { get; } = CrashServer.FreeEndpoint();

    /// <summary>Where a WebSocket is opened.</summary>
    public string Url => $"ws://{Endpoint.Authority}/v1/realtime";

    public string Chat { get; private set; } = "";

    public string Token { get; private set; } = "";

    /// <summary>Ends all waiting of the test.</summary>
    public CancellationToken Limit => _limit.Token;

    /// <param name="origin">Of the page that may connect, if one will.</param>
    public static Task<ForeignChat> StartAsync(string? origin = null)
    {
        var environment = new Dictionary<string, string> { ["LIVECHAT__SESSIONS__PINGSECONDS"] = "1" };
        if (origin is not null) environment["LIVECHAT__ORIGINS__0"] = origin;
        return SetUp.OrEndAsync(new ForeignChat(), chat => chat.StartAsync(environment));
    }

    public Task StartServerAsync() => _server!.StartAgainAsync(_data.Path);

    public Task KillServerAsync() => _server!.KillAsync();

    public Task SayAsync(string text) => _bob!.SendAsync(Chat, text, cancellationToken: Limit);

    /// <summary>The next message that bob is told of and did not write.</summary>
    public async Task<string> HearAsync()
    {
        while (await _events!.MoveNextAsync())
            if (_events.Current is MessageCreated { Sender: "ann" } message)
                return message.Body!.Text;
        throw new EndOfStreamException("Bob's client has stopped.");
    }

    /// <summary>All messages of the chat, as history has them.</summary>
    public async Task<IReadOnlyList<string>> TextsAsync()
    {
        var page = await _bob!.HistoryAsync(new HistoryGet { Chat = Chat, Limit = 100 }, Limit);
        return [.. page.Items.OfType<MessageCreated>().Select(message => message.Body!.Text)];
    }

    public async ValueTask DisposeAsync()
    {
        if (_events is not null) await _events.DisposeAsync();
        if (_bob is not null) await _bob.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        _limit.Dispose();
        _data.Dispose();
    }

    private async Task StartAsync(Dictionary<string, string> environment)
    {
        _server = await CrashServer.StartAsync(_data.Path, Endpoint, environment);
        Token = LiveChatServer.MintToken(_data.Path, "ann", TimeSpan.FromMinutes(10));
        var token = LiveChatServer.MintToken(_data.Path, "bob", TimeSpan.FromMinutes(10));
        _bob = new LiveChatClient(new LiveChatClientOptions
        {
            Endpoint = Endpoint,
            TokenProvider = _ => ValueTask.FromResult(token),
        });
        _events = _bob.ReadEventsAsync(Limit).GetAsyncEnumerator(Limit);
        await _bob.ConnectAsync(Limit);
        Chat = (await _bob.CreateDirectAsync("ann", Limit)).Chat;
    }
}
