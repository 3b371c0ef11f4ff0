using EchoBot;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Client;
using LiveChat.Tests.Server;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Samples;

/// <summary>What the sample does with an order of things that a real server shows seldom.</summary>
public sealed class BotTests
{
    [Fact]
    public async Task A_chat_that_moves_between_two_pages_of_the_list_misses_no_answer()
    {
        await using var fixture = new ClientFixture();
        fixture.Peer.Say("said while the bot was away");
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is not ChatsGet list) return false;
            if (list.Cursor is null)
            {
                // The chat is on the second page …
                connection.ToClient(new ChatList { Items = [], Next = "2", Re = frame.Id });
            }
            else
            {
                // … and moves to the first, which the bot has read.
                fixture.Peer.Say("said meanwhile");
                connection.ToClient(new ChatList { Items = [], Re = frame.Id });
            }

            return true;
        };
        using var stop = new CancellationTokenSource();
        var file = TestServer.NewFolder() + ".json";
        var running = new Bot(fixture.Client, Progress.Load(file), TextWriter.Null).RunAsync(stop.Token);

        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<MessageSend>().Count() >= 2);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Assert.Equal(
            ["You said: said while the bot was away", "You said: said meanwhile"],
            fixture.Peer.Received.OfType<MessageSend>().Select(send => send.Body.Text));
        File.Delete(file);
    }
}
