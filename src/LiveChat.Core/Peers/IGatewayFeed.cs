using LiveChat.Core.Links;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>A gateway as an owner's catch-up sees it: another node, or the owner's own. Any thread.</summary>
internal interface IGatewayFeed
{
    /// <summary>Whether the user has sessions there.</summary>
    bool Has(UserId user);

    /// <summary>Puts the frame behind those before it, once there is room; false when the call has ended.</summary>
    ValueTask<bool> PutAsync(LinkFrame frame, CancellationToken cancellationToken);
}
