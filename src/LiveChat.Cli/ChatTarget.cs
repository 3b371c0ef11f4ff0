using LiveChat.Client;
using LiveChat.Protocol.Ids;

namespace LiveChat.Cli;

/// <summary>Which chat is meant: its id, or <c>@user</c> for the direct chat with that user.</summary>
internal static class ChatTarget
{
    /// <summary>Finds the chat; a direct chat is made when there is none.</summary>
    public static async Task<string> FindAsync(
        LiveChatClient client, string target, CancellationToken cancellationToken)
    {
        if (target.StartsWith('@'))
        {
            if (!UserId.TryParse(target[1..], out var user)) throw Wrong(target);
            var ack = await ClientOptions.WithinAMinuteAsync(
                patience => client.CreateDirectAsync(user.Value, patience), cancellationToken);
            return ack.Chat;
        }

        return ChatId.TryParse(target, out _) ? target : throw Wrong(target);
    }

    private static CliException Wrong(string target) =>
        new(ExitCode.Usage, $"“{target}” is neither a chat's id (a number) nor @user.");
}
