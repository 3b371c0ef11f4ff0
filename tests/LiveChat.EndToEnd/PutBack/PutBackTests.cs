using System.Collections.Concurrent;
using LiveChat.Client;
using LiveChat.EndToEnd.Crash;
using LiveChat.EndToEnd.Groups;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using Xunit;

namespace LiveChat.EndToEnd.PutBack;

/// <summary>
/// A server whose data folder is put back from a copy while its clients stay: they hold messages that never happened,
/// whose numbers others get. One client's position proves it, and all end with what the server has.
/// </summary>
public sealed class PutBackTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task All_clients_that_stay_end_with_the_truth()
    {
        using var scratch = new ScratchDirectory();
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        var (data, copy) = (Path.Combine(scratch.Path, "data"), Path.Combine(scratch.Path, "copy"));
        var endpoint = CrashServer.FreeEndpoint();
        await using var server = await CrashServer.StartAsync(data, endpoint);
        await using var ann = new Reader(endpoint, data, "ann");
        await using var bob = new Reader(endpoint, data, "bob");
        await ann.ConnectAsync(limit.Token);
        await bob.ConnectAsync(limit.Token);
        var chat = (await ann.Client.CreateDirectAsync("bob", limit.Token)).Chat;
        for (var i = 0; i < 3; i++) await ann.Client.SendAsync(chat, $"kept {i}", cancellationToken: limit.Token);
        await server.StopAsync();
        await Shell.RunAsync("cp", "-a", data, copy);

        // What comes now is in no copy; both clients hear it, and resume at this start.
        await server.StartAgainAsync(data);
        for (var i = 0; i < 2; i++) await ann.Client.SendAsync(chat, $"lost {i}", cancellationToken: limit.Token);
        await ann.UntilAsync(chat, "lost 1", limit.Token);
        await bob.UntilAsync(chat, "lost 1", limit.Token);
        await server.StopAsync();
        Directory.Delete(data, recursive: true);
        await Shell.RunAsync("cp", "-a", copy, data);

        await server.StartAgainAsync(data);
        for (var i = 0; i < 4; i++) await bob.Client.SendAsync(chat, $"new {i}", cancellationToken: limit.Token);
        using var truth = new ChatReader(endpoint, LiveChatServer.MintToken(data, "ann", Limit), chat);
        foreach (var reader in (Reader[])[ann, bob])
        {
            // A client that comes back after the last message reads it as the past of the chat.
            await reader.UntilNewStoreAsync(limit.Token);
            Assert.Equal(await truth.EventsAsync(limit.Token), await reader.EventsAsync(chat, limit.Token));
        }
    }

    /// <summary>What an application does with the SDK: it keeps what it is shown, and starts over with another store.
    /// </summary>
    private sealed class Reader : IAsyncDisposable
    {
        private readonly ConcurrentDictionary<(string Chat, long Seq), Seen> _events = new();
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _reading;

        public Reader(Uri endpoint, string data, string user)
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
}
