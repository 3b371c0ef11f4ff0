using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Links;

/// <summary>Users as frames of links name them. Pure. What cannot be read ends the call that brought it.</summary>
internal static class LinkUsers
{
    /// <exception cref="InvalidDataException">It is not the id of a user.</exception>
    public static UserId Of(string text) =>
        UserId.TryParse(text, out var user) ? user : throw new InvalidDataException("A frame names no user.");
}
