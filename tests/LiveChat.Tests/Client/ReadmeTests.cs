using System.Text.RegularExpressions;
using System.Threading.Channels;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server;
using LiveChat.Tests.Tidy;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>The README of the SDK: its code is compiled, and does what the README says.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public void Its_code_is_that_of_a_sample_or_of_a_test()
    {
        var sources = Repository.Files
            .Where(file => file.IsCSharp && (file.Path.StartsWith("samples/", StringComparison.Ordinal)
                || file.Path == "tests/LiveChat.Tests/Client/ReadmeExamples.cs"))
            .Select(file => Flat(file.Text)).ToList();
        var blocks = Code().Matches(Repository.File("src/LiveChat.Client/README.md").Text)
            .Select(block => block.Groups[1].Value).ToList();

        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.Contains(
            sources, source => source.Contains(Flat(block), StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_first_example_sends_and_shows_what_comes()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder());
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var shown = Channel.CreateBounded<string>(10);
        var running = ReadmeExamples.FirstAsync(
            server.Url,
            _ => ValueTask.FromResult(server.Token("ann")),
            line => Assert.True(shown.Writer.TryWrite(line)),
            stop.Token);

        Assert.Equal("sent, it is number 2 of the chat", await shown.Reader.ReadAsync(stop.Token));
        Assert.Equal("ann: Hello, Bob", await shown.Reader.ReadAsync(stop.Token));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task The_outbox_sends_again_under_the_key_and_knows_its_own()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        var outbox = new Outbox(fixture.Client);
        var key = outbox.Add(FakePeer.Chat, "pay 10");
        using var patience = new CancellationTokenSource();
        fixture.Peer.Intercept = (_, frame) =>
        {
            if (frame is not MessageSend send || patience.IsCancellationRequested) return false;
            fixture.Peer.Keep(send);
            patience.Cancel();
            return true;
        };

        Assert.StartsWith("no answer yet", await outbox.TrySendAsync(key, patience.Token), StringComparison.Ordinal);
        Assert.Equal("#1", await fixture.PassAsync(outbox.TrySendAsync(key, CancellationToken.None)));
        var echo = Assert.IsType<MessageCreated>((await fixture.ReadAsync(1)).Single());
        Assert.False(outbox.TryTakeOwn(echo));
        fixture.Peer.Intercept = (_, frame) => frame is MessageSend;
        using var none = new CancellationTokenSource();
        var another = outbox.TrySendAsync(outbox.Add(FakePeer.Chat, "another"), none.Token);
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<MessageSend>().Any(
            send => send.Body.Text == "another"));
        await none.CancelAsync();
        Assert.StartsWith("no answer yet", await another, StringComparison.Ordinal);
        var sent = fixture.Peer.Received.OfType<MessageSend>().First(send => send.Body.Text == "another");
        Assert.True(outbox.TryTakeOwn(echo with { ClientId = sent.ClientId }));
    }

    private static string Flat(string code) =>
        string.Join('\n', code.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));

    [GeneratedRegex(@"^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();
}
