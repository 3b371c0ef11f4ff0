using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>
/// Says whose token it is. The contract: a token that is not valid now names nobody, and the answer to an invalid
/// one does not depend on whether the user exists. Called from any thread.
/// </summary>
internal interface ITokenVerifier
{
    ValueTask<TokenAnswer> VerifyAsync(string token, CancellationToken cancellationToken);
}

/// <summary>What there is to say of a token. The default is no success.</summary>
internal enum TokenStatus
{
    Invalid = 0,

    /// <summary>It was valid; a new one is needed.</summary>
    Expired = 1,

    Valid = 2,

    /// <summary>The keys to check it by cannot be had now: nobody new is let in.</summary>
    Unavailable = 3,

    /// <summary>It was valid, and was revoked.</summary>
    Revoked = 4,

    /// <summary>It is valid, and its user may not come in.</summary>
    Disabled = 5,
}

/// <summary>A verified token; everything else is there only when it is valid.</summary>
internal readonly record struct TokenAnswer(TokenStatus Status, UserId User, DateTimeOffset ExpiresAt)
{
    /// <summary>When it was issued; 0 when it does not say so, and then every revocation makes it void.</summary>
    public long IssuedAtMs { get; init; }

    /// <summary>Whether its user was known before.</summary>
    public bool IsKnown { get; init; }

    /// <summary>The one device that it is for; absent when it is for all of the user's.</summary>
    public string? Device { get; init; }
}
