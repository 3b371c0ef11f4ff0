using LiveChat.Cli;
using LiveChat.Cli.Commands;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Client;
using Xunit;

namespace LiveChat.Tests.Cli;

/// <summary>What <c>livechat send</c> says of a message that has no answer.</summary>
public sealed class SendCommandTests
{
    [Fact]
    public async Task A_message_that_was_interrupted_names_the_key_under_which_it_went_out()
    {
        await using var fixture = new ClientFixture();
        using var interruption = new CancellationTokenSource();
        fixture.Peer.Intercept = (_, frame) => frame is MessageSend;
        await fixture.ConnectAsync();
        var sending = SendCommand.SendAsync(
            fixture.Client, FakePeer.Chat, "hi", null, isJson: false, interruption.Token);
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<MessageSend>().Any());
        await interruption.CancelAsync();

        var interrupted = await Assert.ThrowsAsync<CommandInterruptedException>(() => sending);
        var key = fixture.Peer.Received.OfType<MessageSend>().First().ClientId;
        Assert.Equal(
            "Interrupted before the answer: the message may or may not be sent. "
            + $"To send it again, and once: --client-id {key}",
            interrupted.Message);
    }
}
