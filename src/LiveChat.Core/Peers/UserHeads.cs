using LiveChat.Core.History;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>Reads how far users who left may see a chat. Any thread; repeated until the store answers.</summary>
internal sealed class UserHeads(IUserStore users, StoreCalls calls)
{
    /// <summary>The user's row of a chat that the user is out of; null for a member, and for who never was one.
    /// </summary>
    public async ValueTask<UserChat?> OfLeaverAsync(ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        var row = await calls.ReadAsync(
            (user, chat),
            (asked, token) => users.ReadUserChatAsync(asked.user, asked.chat, token),
            cancellationToken);
        return row is { ToSeq: not null } ? row : null;
    }
}
