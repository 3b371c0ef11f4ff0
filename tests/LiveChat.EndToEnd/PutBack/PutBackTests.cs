using LiveChat.EndToEnd.Crash;
using LiveChat.EndToEnd.Groups;
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
        await using var ann = new StoreReader(endpoint, data, "ann");
        await using var bob = new StoreReader(endpoint, data, "bob");
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
        foreach (var reader in (StoreReader[])[ann, bob])
        {
            // A client that comes back after the last message reads it as the past of the chat.
            await reader.UntilNewStoreAsync(limit.Token);
            Assert.Equal(await truth.EventsAsync(limit.Token), await reader.EventsAsync(chat, limit.Token));
        }
    }
}
