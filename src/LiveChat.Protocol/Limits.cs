namespace LiveChat.Protocol;

/// <summary>The limits of the protocol that do not depend on a server's configuration.</summary>
public static class Limits
{
    /// <summary>The longest WebSocket message and HTTP body from a client, in bytes.</summary>
    public const int FrameBytesMax = 64 * 1024;

    /// <summary>The highest seq that there can be: every number below 2⁵³ is exact in JSON.</summary>
    public const long SeqMax = (1L << 53) - 1;

    /// <summary>The longest encoded message body, in bytes.</summary>
    public const int BodyBytesMax = 16 * 1024;

    /// <summary>The longest <c>custom</c> object, in bytes of JSON.</summary>
    public const int CustomBytesMax = 4 * 1024;

    /// <summary>Most mentions in one message.</summary>
    public const int MentionsMax = 50;

    /// <summary>Most members of a chat.</summary>
    public const int MembersMax = 256;

    /// <summary>The longest chat title, in bytes of UTF-8.</summary>
    public const int TitleBytesMax = 256;

    /// <summary>The longest name of a user, in bytes of UTF-8.</summary>
    public const int NameBytesMax = 256;

    /// <summary>Most users that a backend looks up at once.</summary>
    public const int UsersMax = 256;

    /// <summary>Most chats that a user pins.</summary>
    public const int PinsMax = 100;

    /// <summary>The longest emoji of a reaction, in bytes of UTF-8.</summary>
    public const int EmojiBytesMax = 64;

    /// <summary>Most different emojis of one user on one message: a quarter of what it takes, so that
    /// one alone cannot keep others from reacting.</summary>
    public const int EmojisByUserMax = 512;

    /// <summary>Most reactions that a message has, one for each user and emoji.</summary>
    public const int ReactionsMax = 2048;

    /// <summary>The longest device id, in characters of the user ids' alphabet.</summary>
    public const int DeviceLengthMax = 64;

    /// <summary>Most users whose presence is asked for, or watched, at once.</summary>
    public const int PresenceUsersMax = 256;

    /// <summary>Most messages or events on a page.</summary>
    public const int PageItemsMax = 100;

    /// <summary>The longest page, in bytes of its encoded items.</summary>
    public const int PageBytesMax = 128 * 1024;

    /// <summary>Most levels of nesting in a frame.</summary>
    public const int JsonDepthMax = 32;
}
