using LiveChat.Core.Chats;
using LiveChat.Core.Ids;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Outboxes;

/// <summary>The problem that goes to the wire with a code: its title, its HTTP status, whether to retry.</summary>
internal static class Problems
{
    private const int RetryAfterMs = 1_000;

    public static Problem Of(string code, string? detail = null, int? retryAfterMs = null)
    {
        var (status, title) = Describe(code);
        var retryable = ErrorCode.IsRetryable(code);
        return new Problem
        {
            Code = code,
            Title = title,
            Status = status,
            Retryable = retryable,
            RetryAfterMs = retryable ? retryAfterMs ?? RetryAfterMs : null,
            Detail = detail,
        };
    }

    /// <summary>A part that is away for the moment, in a sentence for the client: ids say why there is none.</summary>
    public static Problem Of(Exception away) => Of(
        ErrorCode.Unavailable, away is IdUnavailableException ? away.Message : "History is temporarily unavailable.");

    /// <summary>A field that breaks a rule.</summary>
    public static Problem Invalid(string pointer, string rule) =>
        Of(ErrorCode.ValidationFailed) with { Errors = [new FieldProblem(pointer, rule)] };

    /// <summary>What the sequencer refused.</summary>
    public static Problem Of(Refusal refusal) => Of(refusal switch
    {
        Refusal.NotFound => ErrorCode.NotFound,
        Refusal.Forbidden => ErrorCode.Forbidden,
        Refusal.ChatFull => ErrorCode.ChatFull,
        Refusal.LastOwner => ErrorCode.LastOwner,
        Refusal.ClockAhead => ErrorCode.ClockAhead,
        Refusal.Conflict => ErrorCode.Conflict,
        Refusal.PreconditionFailed => ErrorCode.PreconditionFailed,
        Refusal.DuplicateMismatch => ErrorCode.DuplicateMismatch,
        Refusal.CustomTooLong => ErrorCode.PayloadTooLarge,
        Refusal.NotAnswered => ErrorCode.NotAnswered,
        _ => ErrorCode.Internal,
    });

    private static (int Status, string Title) Describe(string code) => code switch
    {
        ErrorCode.BadRequest => (400, "The frame cannot be read."),
        ErrorCode.UnknownType => (400, "This server does not know the type."),
        ErrorCode.ValidationFailed => (422, "A field breaks a rule."),
        ErrorCode.Unauthorized => (401, "There is no valid token."),
        ErrorCode.TokenExpired => (401, "The token expired."),
        ErrorCode.Forbidden => (403, "It is not allowed."),
        ErrorCode.NotFound => (404, "There is no such thing here."),
        ErrorCode.MethodNotAllowed => (405, "The path does not take this method."),
        ErrorCode.ClockAhead => (409, "The client's clock is ahead."),
        ErrorCode.ChatFull => (409, "The chat is full."),
        ErrorCode.LastOwner => (409, "The last owner cannot leave or step down."),
        ErrorCode.NotAnswered => (409, "The other member has not answered yet."),
        ErrorCode.Conflict => (409, "It is so already."),
        ErrorCode.DuplicateMismatch => (409, "The client id was used with another body."),
        ErrorCode.PreconditionFailed => (412, "The settings changed meanwhile."),
        ErrorCode.PayloadTooLarge => (413, "It is too large."),
        ErrorCode.UnsupportedMedia => (415, "The body is of another type."),
        ErrorCode.RateLimited => (429, "Too many commands."),
        ErrorCode.Timeout => (504, "The outcome is unknown; send it again with the same client id."),
        ErrorCode.Unavailable => (503, "A part that is needed is away."),
        ErrorCode.Draining => (503, "The node is going away."),
        _ => (500, "The server failed."),
    };
}
