using System.Collections.Frozen;
using System.Text.Json;

namespace LiveChat.Protocol;

/// <summary>
/// A row of the table of close codes. The server writes its <c>goodbye</c> by it, the SDK goes by it, and section 9 of
/// docs/PROTOCOL.md is compared with it.
/// </summary>
/// <param name="Code">The code.</param>
/// <param name="Then">What the client does.</param>
/// <param name="Meaning">When it comes: a clause without a full stop.</param>
public sealed record CloseRule(CloseCode Code, AfterClose Then, string Meaning)
{
    private const int TerminalMin = 4500;
    private const int TerminalMax = 4999;

    private static readonly FrozenDictionary<int, CloseRule> ByCode =
        All.ToFrozenDictionary(static rule => (int)rule.Code);

    /// <summary>The name of the code, and the reason in a <c>goodbye</c>.</summary>
    public string Name { get; } = JsonNamingPolicy.SnakeCaseLower.ConvertName(Code.ToString());

    /// <summary>Milliseconds that a server asks the client to wait, if nothing better is known; null when it asks for
    /// none.</summary>
    public int? AfterMs { get; init; }

    /// <summary>Whether the client comes back by itself.</summary>
    public bool Reconnects => Then is AfterClose.Reconnect or AfterClose.ReconnectAtOnce or AfterClose.StartOver;

    /// <summary>All rows, by their codes.</summary>
    public static IReadOnlyList<CloseRule> All =>
    [
        new(CloseCode.Normal, AfterClose.Reconnect, "only a client sends it, when it leaves for good"),
        new(CloseCode.ProtocolError, AfterClose.Stop, "the client violated RFC 6455"),
        new(CloseCode.UnsupportedData, AfterClose.Stop, "binary on a text protocol"),
        new(CloseCode.InvalidPayload, AfterClose.Stop, "a message is not UTF-8"),
        new(CloseCode.MessageTooBig, AfterClose.Stop, "a message is longer than `limits.frame_bytes`"),
        new(CloseCode.InternalError, AfterClose.Reconnect, "the server failed"),
        new(CloseCode.Draining, AfterClose.Reconnect, "the node goes away") { AfterMs = 1_000 },
        new(CloseCode.Rebalance, AfterClose.Reconnect, "the session is to move to another node") { AfterMs = 1_000 },
        new(CloseCode.NoPong, AfterClose.ReconnectAtOnce, "no sign came for too long"),
        new(CloseCode.SlowConsumer, AfterClose.ReconnectAtOnce, "the client read too slowly for too long"),
        new(CloseCode.TokenExpired, AfterClose.ReconnectAtOnce, "the token expired: the client gets a new one"),
        new(CloseCode.RateLimited, AfterClose.Reconnect, "too many frames or connections") { AfterMs = 5_000 },
        new(CloseCode.StateInvalidated, AfterClose.StartOver, "`since` is void"),
        new(CloseCode.NodeOverloaded, AfterClose.Reconnect, "the node has no room") { AfterMs = 5_000 },

        // A user whose devices are all there, and are too many, costs one connection in this time.
        new(CloseCode.Displaced, AfterClose.Reconnect, "too many sessions, and this one was silent longest")
        {
            AfterMs = 5_000,
        },

        // The client may have sent it in time: the way or the server may be slow, as when many come back at once.
        new(CloseCode.AuthTimeout, AfterClose.Reconnect, "no `connect` came within 10 s"),
        new(CloseCode.BadFrame, AfterClose.Stop, "the first frame is no good `connect`, or `auth` names another user"),
        new(CloseCode.UnsupportedVersion, AfterClose.Stop, "the server does not speak this version"),
        new(CloseCode.InvalidToken, AfterClose.TryNewToken, "the token was refused"),
        new(CloseCode.Forbidden, AfterClose.Stop, "the user may not connect"),
        new(CloseCode.ConnectionLimit, AfterClose.Stop, "too many sessions, and this one's device has a newer one"),
        new(CloseCode.SessionRevoked, AfterClose.StopAndWipe, "the token, device or user was revoked"),
    ];

    /// <summary>The row of a code of ours.</summary>
    public static CloseRule Of(CloseCode code) => ByCode[(int)code];

    /// <summary>What a client does after any close.</summary>
    /// <param name="code">The code; null for a connection that broke without one.</param>
    /// <param name="reconnect">What <c>goodbye</c> said, for codes that this version does not know.</param>
    public static AfterClose After(int? code, bool? reconnect)
    {
        if (code is { } known && ByCode.TryGetValue(known, out var rule)) return rule.Then;
        var stops = code is >= TerminalMin and <= TerminalMax || reconnect == false;
        return stops ? AfterClose.Stop : AfterClose.Reconnect;
    }
}
