using System.Collections.Concurrent;
using LiveChat.Client;
using LiveChat.EndToEnd.Groups;
using LiveChat.Protocol.Frames;
using LiveChat.Server;

namespace LiveChat.EndToEnd.PutBack;

/// <summary>What an application does with the SDK: it keeps what it is shown, and starts over with another store.
/// </summary>
internal sealed class StoreReader : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(string Chat, long Seq), Seen> _events = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;

    public StoreReader(Uri endpoint, string data, string user)
    {
        Client = new LiveChatClient(new LiveChatClientOptions
        {
            Endpoint = endpoint,
            TokenProvider = _ => ValueTask.FromResult(LiveChatServer.MintToken(data, user, Limit)),
        });
        Client.ConnectionChanged += change =>
        {
            if (!change.IsNewStore) return;
            NewStores++;
            _events.Clear();
        };
        _reading = ReadAsync();
    }

    public LiveChatClient Client { get; }

    public int NewStores { get; private set; }

    public Task ConnectAsync(CancellationToken cancellationToken) => Client.ConnectAsync(cancellationToken);

    public async Task UntilAsync(string chat, string text, CancellationToken cancellationToken)
    {
        while (!_events.Any(entry => entry.Key.Chat == chat && entry.Value.Content == text))
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
    }

    public async Task UntilNewStoreAsync(CancellationToken cancellationToken)
    {
        while (NewStores == 0)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
    }

    /// <summary>What it was shown, over what it reads as the past of the chat.</summary>
    public async Task<List<Seen>> EventsAsync(string chat, CancellationToken cancellationToken)
    {
        var page = await Client.HistoryAsync(
            new HistoryGet { Chat = chat, AfterSeq = 0, View = "events" }, cancellationToken);
        var all = page.Items.Select(Seen.Of).ToDictionary(static seen => seen.Seq);
        foreach (var ((shown, seq), seen) in _events)
            if (shown == chat)
                all[seq] = seen;
        return [.. all.Values.OrderBy(static seen => seen.Seq)];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Client.DisposeAsync();
        await _reading;
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var happened in Client.ReadEventsAsync(_stop.Token))
                _events[(happened.Chat, happened.Seq)] = Seen.Of(happened);
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
