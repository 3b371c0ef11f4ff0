using LiveChat.Core.Chats;
using LiveChat.Core.Ids;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Outboxes;

/// <summary>The problem that goes to the wire with a code, as <see cref="ErrorRule"/> has it.</summary>
internal static class Problems
{
    private const int RetryAfterMs = 1_000;

    public static Problem Of(string code, string? detail = null, int? retryAfterMs = null)
    {
        var rule = ErrorRule.Of(code);
        var retryable = rule.Then is AfterError.Repeat;
        return new Problem
        {
            Code = code,
            Title = rule.Title,
            Status = rule.Status,
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
        Refusal.UserErased => ErrorCode.UserErased,
        _ => ErrorCode.Internal,
    });
}
