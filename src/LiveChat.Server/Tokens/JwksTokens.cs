using LiveChat.Core.Sessions;
using Microsoft.IdentityModel.Tokens;

namespace LiveChat.Server.Tokens;

/// <summary>Tokens signed by somebody else with RS256 or ES256, checked by the public keys of the issuer.</summary>
internal sealed class JwksTokens(JwksKeys keys, TokenOptions options, TimeProvider time) : ITokenVerifier
{
    private readonly JwtCheck _check = new(
        options, [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256], keys.FindAsync, time);

    public ValueTask<TokenAnswer> VerifyAsync(string token, CancellationToken cancellationToken) =>
        _check.VerifyAsync(token, cancellationToken);
}
