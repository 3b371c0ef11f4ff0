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
}

/// <summary>A verified token; user and expiry are there only when it is valid.</summary>
internal readonly record struct TokenAnswer(TokenStatus Status, UserId User, DateTimeOffset ExpiresAt);
