using LiveChat.Core.Links;

namespace LiveChat.Tests.Links;

public sealed class InMemoryLinksTests : LinkNetworkContract
{
    private protected override async Task<LinkPair> NewPairAsync(
        Func<ILinkCall, CancellationToken, Task> serve, Action<LinkHello>? change = null)
    {
        var links = new InMemoryLinks();
        links.At("there").Listen(HelloOf("called"), serve);
        var there = new NodeEntry("called", "there", NodeRoles.All, 1, 1, "", 1);
        var call = await links.At("here").CallAsync(there, HelloOf("caller", change), CancellationToken.None);
        return new LinkPair(call, static () => ValueTask.CompletedTask);
    }
}
