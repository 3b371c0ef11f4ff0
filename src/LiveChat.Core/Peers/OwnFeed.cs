using LiveChat.Core.Links;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>The gateway of the owner's own node: no call, and no bytes.</summary>
internal sealed class OwnFeed(SessionDirectory directory, Action<LinkFrame> take) : IGatewayFeed
{
    public bool Has(UserId user) => !directory.Of(user).IsEmpty;

    public ValueTask<bool> PutAsync(LinkFrame frame, CancellationToken cancellationToken)
    {
        take(frame);
        return ValueTask.FromResult(true);
    }
}
