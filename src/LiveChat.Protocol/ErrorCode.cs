namespace LiveChat.Protocol;

/// <summary>
/// The stable error codes, the same on every transport. Clients act on the code; <see cref="ErrorRule"/> says of each
/// what it means and what a client does.
/// </summary>
public static class ErrorCode
{
    /// <summary>The frame cannot be read.</summary>
    public const string BadRequest = "bad_request";

    /// <summary>A command of a type that this server does not know.</summary>
    public const string UnknownType = "unknown_type";

    /// <summary>A field breaks a rule; <c>errors</c> names it.</summary>
    public const string ValidationFailed = "validation_failed";

    /// <summary>No valid token.</summary>
    public const string Unauthorized = "unauthorized";

    /// <summary>The token expired.</summary>
    public const string TokenExpired = "token_expired";

    /// <summary>Not allowed: by the member's role, or as <c>detail</c> says.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>No such thing, or the user may not see it: both look the same.</summary>
    public const string NotFound = "not_found";

    /// <summary>A session over HTTP that is not here, or an answer of it that is not there any more.</summary>
    public const string UnknownSession = "unknown_session";

    /// <summary>The path takes other methods; HTTP alone, where <c>Allow</c> names them.</summary>
    public const string MethodNotAllowed = "method_not_allowed";

    /// <summary>The client id's time is more than a minute ahead of the chat's.</summary>
    public const string ClockAhead = "clock_ahead";

    /// <summary>The chat has as many members as it may have.</summary>
    public const string ChatFull = "chat_full";

    /// <summary>The last owner of a group cannot leave or step down.</summary>
    public const string LastOwner = "last_owner";

    /// <summary>The user started the direct chat and wrote as many messages as the server takes before the other
    /// member's first one.</summary>
    public const string NotAnswered = "not_answered";

    /// <summary>A user whom the command would add was erased: the id is never given again.</summary>
    public const string UserErased = "user_erased";

    /// <summary>It is so already.</summary>
    public const string Conflict = "conflict";

    /// <summary>The client id was used before, with another body.</summary>
    public const string DuplicateMismatch = "duplicate_mismatch";

    /// <summary>The settings changed since the client saw them.</summary>
    public const string PreconditionFailed = "precondition_failed";

    /// <summary>A body, list or frame above its limit.</summary>
    public const string PayloadTooLarge = "payload_too_large";

    /// <summary>The body of a request is of a type that is not read here.</summary>
    public const string UnsupportedMedia = "unsupported_media";

    /// <summary>Too many commands; wait <c>retry_after_ms</c>.</summary>
    public const string RateLimited = "rate_limited";

    /// <summary>The server does not know what became of the command.</summary>
    public const string Timeout = "timeout";

    /// <summary>A part that is needed is away.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>The node is going away.</summary>
    public const string Draining = "draining";

    /// <summary>The server failed.</summary>
    public const string Internal = "internal";

    /// <summary>Whether the same command may be sent again, with the same client id.</summary>
    public static bool IsRetryable(string code) => ErrorRule.Of(code).Then is AfterError.Repeat;
}
