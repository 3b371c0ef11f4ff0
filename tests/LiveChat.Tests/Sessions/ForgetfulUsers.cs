using LiveChat.Core.History;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Sessions;

/// <summary>A store whose first answer to a raise of markers is lost although the markers rose.</summary>
internal sealed class ForgetfulUsers(IUserStore users) : IUserStore
{
    private bool _hasForgotten;

    public ValueTask<ChatClaim> ClaimChatAsync(string scope, ChatClaim claim, CancellationToken cancellationToken) =>
        users.ClaimChatAsync(scope, claim, cancellationToken);

    public ValueTask<UserChat?> ReadUserChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken) =>
        users.ReadUserChatAsync(user, chat, cancellationToken);

    public ValueTask<IReadOnlyList<UserChat>> ReadUserChatsAsync(
        UserId user, ChatId after, int limit, CancellationToken cancellationToken) =>
        users.ReadUserChatsAsync(user, after, limit, cancellationToken);

    public ValueTask<IReadOnlyList<PlacedChat>> ReadChatsByTimeAsync(
        UserId user, ChatOrder order, ChatPlace behind, int limit, CancellationToken cancellationToken) =>
        users.ReadChatsByTimeAsync(user, order, behind, limit, cancellationToken);

    public async ValueTask<IReadOnlyList<MarkerRaise>> RaiseMarkersAsync(
        IReadOnlyList<MarkerRaise> markers, CancellationToken cancellationToken)
    {
        var rose = await users.RaiseMarkersAsync(markers, cancellationToken);
        if (_hasForgotten) return rose;
        _hasForgotten = true;
        throw new HistoryUnavailableException("The answer was lost.");
    }

    public ValueTask<IReadOnlyList<Marker>> ReadMarkersAsync(
        ChatId chat, IReadOnlyCollection<UserId> of, CancellationToken cancellationToken) =>
        users.ReadMarkersAsync(chat, of, cancellationToken);
}
