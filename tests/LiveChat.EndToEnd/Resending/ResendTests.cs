using LiveChat.Client;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.EndToEnd.Resending;

/// <summary>
/// A server that stands still for longer than a person waits, and a person who says "send again": the first try was
/// under way, so it has its effect when the server goes on.
/// </summary>
public sealed class ResendTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_sent_again_under_its_key_is_there_once_and_without_it_twice(bool withKey)
    {
        using var scratch = new ScratchDirectory();
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        var data = Path.Combine(scratch.Path, "data");
        await using var server = await CrashServer.StartAsync(data, CrashServer.FreeEndpoint());
        await using var ann = await ConnectAsync(server, data, limit.Token);
        var chat = (await ann.CreateDirectAsync("bob", limit.Token)).Chat;
        var key = withKey ? await ann.NewClientIdAsync(limit.Token) : null;

        await server.FreezeAsync();
        using (var patience = new CancellationTokenSource(Patience, TimeProvider.System))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => ann.SendAsync(chat, "pay 10", key, patience.Token));
        }

        await server.ThawAsync();
        var ack = await ann.SendAsync(chat, "pay 10", key, limit.Token);

        Assert.Equal(withKey, ack.Duplicate);
        var page = await ann.HistoryAsync(new HistoryGet { Chat = chat, MinSeq = ack.Seq }, limit.Token);
        var sent = page.Items.OfType<MessageCreated>().ToList();
        Assert.Equal(withKey ? 1 : 2, sent.Count);
        if (withKey) Assert.Equal(key, sent[0].ClientId);
    }

    [Fact]
    public async Task A_client_of_a_server_that_stands_still_is_disposed_of_and_whoever_waits_is_told()
    {
        using var scratch = new ScratchDirectory();
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        var data = Path.Combine(scratch.Path, "data");
        await using var server = await CrashServer.StartAsync(data, CrashServer.FreeEndpoint());
        var ann = await ConnectAsync(server, data, limit.Token);
        var chat = (await ann.CreateDirectAsync("bob", limit.Token)).Chat;
        await server.FreezeAsync();
        Task[] asked = [ann.SendAsync(chat, "one"), ann.SendAsync(chat, "two"), ann.GetChatAsync(chat)];

        await ann.DisposeAsync().AsTask().WaitAsync(limit.Token);

        foreach (var one in asked)
            await Assert.ThrowsAsync<ObjectDisposedException>(() => one.WaitAsync(limit.Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ann.SendAsync(chat, "three"));
        await ann.DisposeAsync();
    }

    private static Task<LiveChatClient> ConnectAsync(
        CrashServer server, string data, CancellationToken cancellationToken)
    {
        var ann = new LiveChatClient(new LiveChatClientOptions
        {
            Endpoint = server.Endpoint,
            TokenProvider = _ => ValueTask.FromResult(LiveChatServer.MintToken(data, "ann", Limit)),
        });
        return SetUp.OrEndAsync(ann, connecting => connecting.ConnectAsync(cancellationToken));
    }
}
