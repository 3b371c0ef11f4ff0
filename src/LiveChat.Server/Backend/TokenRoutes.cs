using LiveChat.Core.Outboxes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Server.Backend;

/// <summary>Tokens for users, made here for a backend that does not sign its own.</summary>
internal static class TokenRoutes
{
    private const int SecondsUsual = 3_600;
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private static readonly BackendJsonContext Shapes = BackendJsonContext.Default;

    public static IReadOnlyList<BackendRoute> All { get; } =
    [
        new(
            "createToken", "POST", "/v1/tokens", "Make a token for a user", Shapes.TokenDraft, Shapes.TokenGrant,
            MintAsync)
        {
            SubjectOf = static draft => ((TokenDraft)draft).User,
        },
    ];

    private static async ValueTask<object> MintAsync(BackendServices services, BackendCall call)
    {
        if (services.Tokens is not { } tokens)
            return Problems.Of(ErrorCode.Forbidden, "LiveChat:Tokens:KeysUrl says who issues tokens: not this server.");
        var draft = call.BodyAs<TokenDraft>();
        var user = UserId.Parse(draft.User);
        var access = await services.Users.ReadAccessAsync(user, draft.Device, call.Aborted);
        if (access.IsDisabled) return SignIn.ProblemOf(TokenStatus.Disabled);
        if (await OutwaitAsync(access.RevokedBeforeMs, services.Time, call.Aborted) is { } problem) return problem;

        var lifetime = TimeSpan.FromSeconds(draft.Seconds ?? SecondsUsual);
        var expiresAt = services.Time.GetUtcNow() + lifetime;
        return new TokenGrant { Token = tokens.Mint(user, lifetime, draft.Device), ExpiresAt = expiresAt };
    }

    /// <summary>A token says the second in which it was issued, and those of the second of a revocation are void: so
    /// one that is asked for then is made when the second is over.</summary>
    private static async ValueTask<Problem?> OutwaitAsync(
        long revokedBeforeMs, TimeProvider time, CancellationToken cancellationToken)
    {
        var firstGood = DateTimeOffset.FromUnixTimeSeconds((revokedBeforeMs + 999) / 1_000);
        while (firstGood - time.GetUtcNow() is var wait && wait > TimeSpan.Zero)
        {
            if (wait > WaitMax)
                return Problems.Of(ErrorCode.Unavailable, "The clock is behind the last revocation.");

            // A timer may fire a moment before the clock says so.
            await Task.Delay(wait + Moment, time, cancellationToken);
        }

        return null;
    }
}
