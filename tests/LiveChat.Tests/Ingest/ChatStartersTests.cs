using LiveChat.Core.Ingest;
using LiveChat.Core.Nodes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Sessions;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Ingest;

public sealed class ChatStartersTests
{
    [Theory]
    [InlineData("bob")]
    [InlineData(null)]
    public async Task Where_only_server_keys_start_chats_a_user_is_refused_without_a_trace(string? direct)
    {
        var ingest = new IngestOptions { ChatsStartedBy = ChatStarters.ServerKeys };
        await using var node = await TestNode.StartAsync(options: new NodeOptions { Ingest = ingest });
        var ann = await node.ConnectAsync("ann");
        var problem = await ann.ProblemAsync(new ChatCreate
        {
            ClientId = ann.Key(),
            Direct = direct,
            Members = direct is null ? ["bob"] : null,
        });

        Assert.Equal(ErrorCode.Forbidden, problem.Code);
        Assert.Empty(Assert.IsType<ChatList>(await ann.AskAsync(new ChatsGet())).Items);
        Assert.Equal(0, node.Node.PendingCommands);
    }
}
