namespace LiveChat.Protocol;

/// <summary>What a member of a group may do, as it is called on the wire.</summary>
public static class MemberRoles
{
    /// <summary>Everything, also making others owners and admins.</summary>
    public const string Owner = "owner";

    /// <summary>Settings and members.</summary>
    public const string Admin = "admin";

    /// <summary>Reads and writes. Members of direct chats are this.</summary>
    public const string Member = "member";
}
