namespace LiveChat.Protocol;

/// <summary>The kinds of chats, as they are called on the wire.</summary>
public static class ChatKinds
{
    /// <summary>Of two users, who cannot be changed.</summary>
    public const string Direct = "direct";

    /// <summary>Of any members, with roles and settings.</summary>
    public const string Group = "group";
}
