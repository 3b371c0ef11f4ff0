namespace LiveChat.Protocol;

/// <summary>
/// Why a connection was closed; <see cref="CloseRule"/> says what the client does. Codes below 4000 are those of
/// RFC 6455. A <c>goodbye</c> frame with the same code goes before the close.
/// </summary>
public enum CloseCode
{
    /// <summary>The client leaves for good.</summary>
    Normal = 1000,

    /// <summary>A violation of RFC 6455.</summary>
    ProtocolError = 1002,

    /// <summary>A binary message on a text protocol.</summary>
    UnsupportedData = 1003,

    /// <summary>A text message that is not UTF-8.</summary>
    InvalidPayload = 1007,

    /// <summary>A message above <c>limits.frame_bytes</c>.</summary>
    MessageTooBig = 1009,

    /// <summary>The server failed.</summary>
    InternalError = 4000,

    /// <summary>The node is going away.</summary>
    Draining = 4001,

    /// <summary>The session is to move to another node.</summary>
    Rebalance = 4002,

    /// <summary>No frame came for 60 s.</summary>
    NoPong = 4003,

    /// <summary>The client read too slowly for too long.</summary>
    SlowConsumer = 4004,

    /// <summary>The token expired.</summary>
    TokenExpired = 4006,

    /// <summary>Too many frames.</summary>
    RateLimited = 4007,

    /// <summary><c>since</c> is void.</summary>
    StateInvalidated = 4008,

    /// <summary>The node has no room.</summary>
    NodeOverloaded = 4009,

    /// <summary>The user has too many sessions; this one was silent longest.</summary>
    Displaced = 4010,

    /// <summary>No <c>connect</c> came within 10 s.</summary>
    AuthTimeout = 4011,

    /// <summary>The first frame was no good <c>connect</c>, or <c>auth</c> named another user.</summary>
    BadFrame = 4500,

    /// <summary>A protocol version that this server does not speak.</summary>
    UnsupportedVersion = 4501,

    /// <summary>The token was refused.</summary>
    InvalidToken = 4502,

    /// <summary>The user may not connect.</summary>
    Forbidden = 4504,

    /// <summary>The user has too many sessions, and this one's device has a newer one.</summary>
    ConnectionLimit = 4505,

    /// <summary>The session was revoked.</summary>
    SessionRevoked = 4507,
}
