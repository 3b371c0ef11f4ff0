using LiveChat.Core.Identities;
using LiveChat.Core.Measuring;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Sessions;

/// <summary>
/// Whom a token lets in: it has to be valid, not revoked since it was issued, and its user not disabled. A token that
/// is bound to a device lets in that device only. Any thread.
/// </summary>
internal sealed class SignIn(
    ITokenVerifier tokens, IIdentityStore users, GatewayMeasures measures, TimeProvider time, ILogger<SignIn> logger)
{
    /// <summary>What a device is called that did not say its name.</summary>
    public const string UnnamedDevice = "unnamed";

    private readonly RefusedSignIns _refused = new(time, logger);

    /// <summary>What there is to say of the token; the answer to a good one names the device, when there is one.
    /// </summary>
    /// <param name="token">The token.</param>
    /// <param name="device">The device that shows it; null when none is named.</param>
    /// <param name="otherwise">What it is called when neither it nor the token says so; null: it is no device.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<TokenAnswer> CheckAsync(
        string token, string? device, string? otherwise, CancellationToken cancellationToken)
    {
        var answer = await JudgeAsync(token, device, otherwise, cancellationToken);
        if (answer.Status is TokenStatus.Valid) return answer;
        measures.NoteSignInRefused(LabelOf(answer.Status));
        _refused.Note(ReasonOf(answer.Status));
        return answer;
    }

    /// <summary>A server key that is not known, or was revoked.</summary>
    public void NoteRefusedKey()
    {
        measures.NoteSignInRefused(SignInReason.UnknownKey);
        _refused.Note("the server key is not known");
    }

    private async ValueTask<TokenAnswer> JudgeAsync(
        string token, string? device, string? otherwise, CancellationToken cancellationToken)
    {
        var answer = await tokens.VerifyAsync(token, cancellationToken);
        if (answer.Status is not TokenStatus.Valid) return answer;
        if (answer.Device is { } bound && device is not null && device != bound) return default;
        device ??= answer.Device ?? otherwise;
        var access = await users.ReadAccessAsync(answer.User, device, cancellationToken);
        return answer with
        {
            Status = StatusOf(access, answer.IssuedAtMs),
            Device = device,
            IsKnown = access.IsKnown,
        };
    }

    /// <summary>The same for a request without a session. A good token makes its user known, as a connection does by
    /// the device that it notes.</summary>
    public async ValueTask<TokenAnswer> CheckRequestAsync(string token, CancellationToken cancellationToken)
    {
        var answer = await CheckAsync(token, device: null, otherwise: null, cancellationToken);
        if (answer is { Status: TokenStatus.Valid, IsKnown: false })
            await users.ChangeUserAsync(
                answer.User, new UserChange(), time.GetUtcNow().ToUnixTimeMilliseconds(), cancellationToken);
        return answer;
    }

    /// <summary>Why the application may not act for this user; null when it may.</summary>
    public async ValueTask<Problem?> CheckActingAsync(UserId user, CancellationToken cancellationToken)
    {
        var access = await users.ReadAccessAsync(user, device: null, cancellationToken);
        if (!access.IsKnown) return Problems.Of(ErrorCode.NotFound, "There is no such user.");
        return access.IsDisabled ? ProblemOf(TokenStatus.Disabled) : null;
    }

    /// <summary>What became since of a token that was valid.</summary>
    public async ValueTask<TokenStatus> StatusAsync(
        UserId user, string? device, long issuedAtMs, CancellationToken cancellationToken) =>
        StatusOf(await users.ReadAccessAsync(user, device, cancellationToken), issuedAtMs);

    /// <summary>What is said to whoever showed a token with this status.</summary>
    public static Problem ProblemOf(TokenStatus status) => status switch
    {
        TokenStatus.Expired => Problems.Of(ErrorCode.TokenExpired),
        TokenStatus.Unavailable => Problems.Of(ErrorCode.Unavailable),
        TokenStatus.Disabled => Problems.Of(ErrorCode.Forbidden, "The user may not connect."),
        _ => Problems.Of(ErrorCode.Unauthorized),
    };

    /// <summary>How a connection is closed that goes by a token with this status.</summary>
    public static CloseCode CloseCodeOf(TokenStatus status) => status switch
    {
        TokenStatus.Expired => CloseCode.TokenExpired,
        TokenStatus.Unavailable => CloseCode.NodeOverloaded,
        TokenStatus.Disabled => CloseCode.Forbidden,
        TokenStatus.Revoked => CloseCode.SessionRevoked,
        _ => CloseCode.InvalidToken,
    };

    private static string ReasonOf(TokenStatus status) => status switch
    {
        TokenStatus.Expired => "the token has expired",
        TokenStatus.Revoked => "the token was revoked",
        TokenStatus.Disabled => "the user is disabled",
        TokenStatus.Unavailable => "tokens cannot be checked now",
        _ => "the token is not valid",
    };

    private static string LabelOf(TokenStatus status) => status switch
    {
        TokenStatus.Expired => SignInReason.Expired,
        TokenStatus.Revoked => SignInReason.Revoked,
        TokenStatus.Disabled => SignInReason.Disabled,
        TokenStatus.Unavailable => SignInReason.Unavailable,
        _ => SignInReason.Invalid,
    };

    private static TokenStatus StatusOf(AccessRow access, long issuedAtMs)
    {
        if (access.IsDisabled) return TokenStatus.Disabled;
        return issuedAtMs < access.RevokedBeforeMs ? TokenStatus.Revoked : TokenStatus.Valid;
    }
}
