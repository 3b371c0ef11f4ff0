namespace LiveChat.Protocol;

/// <summary>
/// Why a WebSocket was closed, hence what the client does: 4000–4499 reconnect and resume, 4500–4999 stop.
/// Codes below 4000 are those of RFC 6455. A <c>goodbye</c> frame with the same code goes before the close.
/// </summary>
public enum CloseCode
{
    /// <summary>The client leaves for good; the server frees the session at once.</summary>
    Normal = 1000,

    /// <summary>A violation of RFC 6455. Stop.</summary>
    ProtocolError = 1002,

    /// <summary>A binary message on a text protocol. Stop.</summary>
    UnsupportedData = 1003,

    /// <summary>A text message that is not UTF-8. Stop.</summary>
    InvalidPayload = 1007,

    /// <summary>A message above <c>limits.frame_bytes</c>. Stop.</summary>
    MessageTooBig = 1009,

    /// <summary>The server failed. Reconnect with back-off, resume.</summary>
    InternalError = 4000,

    /// <summary>The node is going away. Reconnect after <c>after_ms</c>, resume.</summary>
    Draining = 4001,

    /// <summary>The session is to move to another node. Reconnect after <c>after_ms</c>, resume.</summary>
    Rebalance = 4002,

    /// <summary>No frame came for 60 s. Reconnect at once, resume.</summary>
    NoPong = 4003,

    /// <summary>The client read too slowly for too long. Reconnect at once, resume.</summary>
    SlowConsumer = 4004,

    /// <summary>The token expired. Get a new one, reconnect at once.</summary>
    TokenExpired = 4006,

    /// <summary>Too many frames. Reconnect after <c>after_ms</c>.</summary>
    RateLimited = 4007,

    /// <summary><c>since</c> is void. Drop it, reconnect, full <c>sync</c>.</summary>
    StateInvalidated = 4008,

    /// <summary>The node has no room. Reconnect after <c>after_ms</c>.</summary>
    NodeOverloaded = 4009,

    /// <summary>The user has too many sessions; this one was silent longest. Reconnect after <c>after_ms</c>, resume.
    /// </summary>
    Displaced = 4010,

    /// <summary>The first frame was no good <c>connect</c>, or <c>auth</c> named another user. Stop.</summary>
    BadFrame = 4500,

    /// <summary>A protocol version that this server does not speak. Stop.</summary>
    UnsupportedVersion = 4501,

    /// <summary>The token was refused. Stop, after one new token.</summary>
    InvalidToken = 4502,

    /// <summary>No <c>connect</c> came within 10 s. Stop.</summary>
    AuthTimeout = 4503,

    /// <summary>The user may not connect. Stop.</summary>
    Forbidden = 4504,

    /// <summary>The user has too many sessions, and this one's device has a newer one. Stop.</summary>
    ConnectionLimit = 4505,

    /// <summary>The session was revoked. Stop, wipe local data.</summary>
    SessionRevoked = 4507,
}
