using LiveChat.Core.Sessions;
using LiveChat.Protocol.Ids;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LiveChat.Server.Tokens;

/// <summary>
/// Tokens as JWT, signed with HS256 and nothing else. Checked are signature, algorithm, type, issuer, audience, times
/// (30 s of skew, not the library's five minutes) and that <c>sub</c> is a user id; keys named by the token itself
/// (<c>kid</c>, <c>jku</c>, <c>jwk</c>) are not looked at.
/// </summary>
internal sealed class JwtTokens(byte[] secret, TimeProvider time) : ITokenVerifier
{
    public const string Issuer = "livechat";
    public const string Audience = "livechat";
    private const int TokenLengthMax = 8 * 1024;
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private readonly JsonWebTokenHandler _handler = new()
    {
        MaximumTokenSizeInBytes = TokenLengthMax,
        SetDefaultTimesOnTokenCreation = false,
    };

    private readonly SymmetricSecurityKey _key = new(secret);

    private readonly TokenValidationParameters _parameters = new()
    {
        ValidIssuer = Issuer,
        ValidAudience = Audience,
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        ValidTypes = ["JWT"],
        IssuerSigningKey = new SymmetricSecurityKey(secret),
        TryAllIssuerSigningKeys = true,
        RequireSignedTokens = true,
        ValidateIssuer = true,
        ValidateAudience = true,
        ValidateIssuerSigningKey = true,
        // The times are checked below, by the injected clock, so that expired is told from invalid.
        ValidateLifetime = false,
    };

    public string Mint(UserId user, TimeSpan lifetime)
    {
        var now = time.GetUtcNow();
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = (now + lifetime).UtcDateTime,
            Claims = new Dictionary<string, object> { [JwtRegisteredClaimNames.Sub] = user.Value },
            SigningCredentials = new SigningCredentials(_key, SecurityAlgorithms.HmacSha256),
        });
    }

    public async ValueTask<TokenAnswer> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        var result = await _handler.ValidateTokenAsync(token, _parameters);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt) return default;
        if (!UserId.TryParse(jwt.Subject, out var user)) return default;
        if (!jwt.TryGetPayloadValue<long>(JwtRegisteredClaimNames.Exp, out var exp)) return default;

        var now = time.GetUtcNow();
        if (jwt.TryGetPayloadValue<long>(JwtRegisteredClaimNames.Nbf, out var nbf)
            && nbf > now.Add(Skew).ToUnixTimeSeconds())
            return default;
        if (exp <= now.Subtract(Skew).ToUnixTimeSeconds())
            return new TokenAnswer(TokenStatus.Expired, default, default);

        // A far future is cut to what a DateTimeOffset can hold.
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds(Math.Min(exp, DateTimeOffset.MaxValue.ToUnixTimeSeconds()));
        return new TokenAnswer(TokenStatus.Valid, user, expiresAt);
    }
}
