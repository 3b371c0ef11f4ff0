using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>A list of users that somebody asks about.</summary>
internal static class AskedUsers
{
    /// <summary>Each once, in the order of the list; or the problem, when there are too many or one is no id.</summary>
    public static (IReadOnlyList<UserId>? Users, Problem? Problem) Read(IReadOnlyList<string> texts, int max)
    {
        if (texts.Count > max) return (null, Problems.Of(ErrorCode.PayloadTooLarge, "Too many users."));
        var users = new List<UserId>(texts.Count);
        foreach (var text in texts.Distinct(StringComparer.Ordinal))
        {
            if (!UserId.TryParse(text, out var user)) return (null, Problems.Invalid("/users", "id"));
            users.Add(user);
        }

        return (users, null);
    }
}
