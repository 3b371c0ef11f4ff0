using LiveChat.Core.Links;
using LiveChat.Tests.Links;

namespace LiveChat.Cluster.Tests.Links;

/// <summary>What every way between nodes does, over real sockets.</summary>
public sealed class GrpcLinksContractTests : LinkNetworkContract
{
    private protected override async Task<LinkPair> NewPairAsync(
        Func<ILinkCall, CancellationToken, Task> serve, Action<LinkHello>? change = null)
    {
        var nodes = new LinkedNodes();
        try
        {
            var called = await nodes.OpenAsync();
            called.Listen(HelloOf("called"), serve);
            var caller = await nodes.OpenAsync();
            var entry = LinkedNodes.EntryOf("called", called.Port);
            var call = await caller.CallAsync(entry, HelloOf("caller", change), CancellationToken.None);
            return new LinkPair(call, nodes.DisposeAsync);
        }
        catch
        {
            await nodes.DisposeAsync();
            throw;
        }
    }
}
