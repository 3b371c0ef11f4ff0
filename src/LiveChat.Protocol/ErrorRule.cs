using System.Collections.Frozen;

namespace LiveChat.Protocol;

/// <summary>
/// A row of the table of errors. The server makes its problems of it, the SDK goes by it, and section 8 of
/// docs/PROTOCOL.md is compared with it.
/// </summary>
/// <param name="Code">One of <see cref="ErrorCode"/>.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Then">What a client does.</param>
/// <param name="Title">One sentence for a person.</param>
/// <param name="Meaning">When it comes: a clause without a full stop.</param>
public sealed record ErrorRule(string Code, int Status, AfterError Then, string Title, string Meaning)
{
    private static readonly FrozenDictionary<string, ErrorRule> ByCode =
        All.ToFrozenDictionary(static rule => rule.Code);

    /// <summary>All rows.</summary>
    public static IReadOnlyList<ErrorRule> All =>
    [
        new(ErrorCode.BadRequest, 400, AfterError.GiveUp, "The frame cannot be read.", "the frame cannot be read"),
        new(
            ErrorCode.UnknownType,
            400,
            AfterError.GiveUp,
            "This server does not know the type.",
            "this server knows no such command: it is older than the client, or the type is wrong"),
        new(
            ErrorCode.ValidationFailed,
            422,
            AfterError.GiveUp,
            "A field breaks a rule.",
            "a field breaks a rule, `errors` names it"),
        new(ErrorCode.Unauthorized, 401, AfterError.NewToken, "There is no valid token.", "no valid token"),
        new(ErrorCode.TokenExpired, 401, AfterError.NewToken, "The token expired.", "the token expired"),
        new(
            ErrorCode.Forbidden,
            403,
            AfterError.GiveUp,
            "It is not allowed.",
            "not allowed: by the member's role, or as `detail` says"),
        new(
            ErrorCode.NotFound,
            404,
            AfterError.GiveUp,
            "There is no such thing here.",
            "no such thing, or one that the user may not see: both look the same"),
        new(
            ErrorCode.UnknownSession,
            404,
            AfterError.Reconnect,
            "There is no such session here.",
            "long polling and event streams alone: the session is over, or on another node"),
        new(
            ErrorCode.MethodNotAllowed,
            405,
            AfterError.GiveUp,
            "The path does not take this method.",
            "HTTP alone: the path takes other methods, `Allow` names them"),
        new(
            ErrorCode.ClockAhead,
            409,
            AfterError.Repeat,
            "The client's clock is ahead.",
            "the client id's time is more than a minute ahead of the chat's"),
        new(
            ErrorCode.ChatFull,
            409,
            AfterError.GiveUp,
            "The chat is full.",
            "the chat has as many members as it may have"),
        new(
            ErrorCode.LastOwner,
            409,
            AfterError.GiveUp,
            "The last owner cannot leave or step down.",
            "the last owner of a group cannot leave or step down"),
        new(
            ErrorCode.NotAnswered,
            409,
            AfterError.GiveUp,
            "The other member has not answered yet.",
            "the other member of a direct chat has not written yet, and the starter wrote enough"),
        new(
            ErrorCode.UserErased,
            409,
            AfterError.GiveUp,
            "A user was erased.",
            "a user whom the command would add was erased; the command adds nobody"),
        new(ErrorCode.Conflict, 409, AfterError.GiveUp, "It is so already.", "it is so already"),
        new(
            ErrorCode.DuplicateMismatch,
            409,
            AfterError.GiveUp,
            "The client id was used with another body.",
            "the client id was used before, with another body"),
        new(
            ErrorCode.PreconditionFailed,
            412,
            AfterError.GiveUp,
            "The settings changed meanwhile.",
            "the settings are not those of `if_seq` any more"),
        new(
            ErrorCode.PayloadTooLarge,
            413,
            AfterError.GiveUp,
            "It is too large.",
            "a body, list or frame above its limit"),
        new(
            ErrorCode.UnsupportedMedia,
            415,
            AfterError.GiveUp,
            "The body is of another type.",
            "the body of a request is of a type that is not read here"),
        new(ErrorCode.RateLimited, 429, AfterError.Repeat, "Too many commands.", "too many commands"),
        new(
            ErrorCode.Timeout,
            504,
            AfterError.Repeat,
            "The outcome is unknown; send it again with the same client id.",
            "what became of the command is not known: 30 s have passed, or its part of the log has stopped"),
        new(
            ErrorCode.Unavailable,
            503,
            AfterError.Repeat,
            "A part that is needed is away.",
            "a part that is needed is away"),
        new(ErrorCode.Draining, 503, AfterError.Repeat, "The node is going away.", "the node is going away"),
        new(ErrorCode.Internal, 500, AfterError.Repeat, "The server failed.", "the server failed"),
    ];

    /// <summary>The row of a code of ours.</summary>
    public static ErrorRule Of(string code) => ByCode[code];
}
