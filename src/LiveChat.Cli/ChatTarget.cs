using LiveChat.Client;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;

namespace LiveChat.Cli;

/// <summary>Which chat is meant: its id, or <c>@user</c> for the direct chat with that user.</summary>
internal static class ChatTarget
{
    /// <summary>A direct chat that was made a moment ago may not be in the list yet.</summary>
    private static readonly TimeSpan ListedWithin = TimeSpan.FromSeconds(1);

    /// <summary>Finds the chat; a direct chat is made when there is none. For who writes.</summary>
    public static async Task<string> FindOrMakeAsync(
        LiveChatClient client, string target, CancellationToken cancellationToken)
    {
        if (Parse(target) is not { } user) return target;
        var ack = await ClientOptions.WithinAMinuteAsync(
            patience => client.CreateDirectAsync(user, patience), cancellationToken);
        return ack.Chat;
    }

    /// <summary>Finds the chat. For who reads: that makes none.</summary>
    public static async Task<string> FindAsync(
        LiveChatClient client, string target, CancellationToken cancellationToken)
    {
        if (Parse(target) is not { } user) return target;
        if (await FindDirectAsync(client, user, cancellationToken) is { } chat) return chat;
        await Task.Delay(ListedWithin, TimeProvider.System, cancellationToken);
        return await FindDirectAsync(client, user, cancellationToken)
            ?? throw new CliException(ExitCode.Refused, $"There is no chat with {user}.");
    }

    private static Task<string?> FindDirectAsync(
        LiveChatClient client, string user, CancellationToken cancellationToken) =>
        ClientOptions.WithinAMinuteAsync<string?>(
            async patience =>
            {
                string? cursor = null;
                do
                {
                    var page = await client.ChatsAsync(cursor, Limits.PageItemsMax, patience);
                    if (page.Items.FirstOrDefault(chat => chat.With == user) is { } direct) return direct.Chat;
                    cursor = page.Next;
                }
                while (cursor is not null);
                return null;
            },
            cancellationToken);

    /// <summary>The user of <c>@user</c>; null for a chat's id.</summary>
    private static string? Parse(string target)
    {
        if (target.StartsWith('@') && UserId.TryParse(target[1..], out var user)) return user.Value;
        return ChatId.TryParse(target, out _)
            ? null
            : throw new CliException(ExitCode.Usage, $"“{target}” is neither a chat's id (a number) nor @user.");
    }
}
