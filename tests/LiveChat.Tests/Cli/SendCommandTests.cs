using LiveChat.Cli;
using LiveChat.Cli.Commands;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Client;
using Xunit;

namespace LiveChat.Tests.Cli;

/// <summary>What <c>livechat send</c> says of a message that has no answer.</summary>
public sealed class SendCommandTests
{
    [Fact]
    public async Task Why_the_server_makes_it_wait_is_said_once_for_each_reason()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        using var remarks = new StringWriter { NewLine = "\n" };
        ClientOptions.TellRetries(fixture.Client, remarks);
        var reasons = new Queue<string>(["The disk is full.", "The disk is full.", "The node is going away."]);
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is not MessageSend || !reasons.TryDequeue(out var reason)) return false;
            var problem = new Problem { Code = ErrorCode.Unavailable, Title = reason, Status = 503, Retryable = true };
            connection.ToClient(new ErrorFrame { Re = frame.Id, Problem = problem });
            return true;
        };

        await fixture.PassAsync(fixture.Client.SendAsync(FakePeer.Chat, "hi"));
        Assert.Equal(
            "The disk is full. Trying again in 1 s.\nThe node is going away. Trying again in 1 s.\n",
            remarks.ToString());
    }

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
