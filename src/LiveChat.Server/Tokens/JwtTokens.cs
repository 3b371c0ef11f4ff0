using LiveChat.Core.Sessions;
using LiveChat.Protocol.Ids;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LiveChat.Server.Tokens;

/// <summary>Tokens signed with HS256 and our own secret: made and checked here.</summary>
internal sealed class JwtTokens : ITokenVerifier
{
    private readonly TokenOptions _options;
    private readonly TimeProvider _time;
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly SymmetricSecurityKey _key;
    private readonly JwtCheck _check;

    public JwtTokens(byte[] secret, TokenOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _key = new SymmetricSecurityKey(secret);
        _check = new JwtCheck(
            options,
            [SecurityAlgorithms.HmacSha256],
            (_, _) => ValueTask.FromResult(new KeyAnswer(_key)),
            time);
    }

    /// <summary>A token for the user, for one device alone if one is named.</summary>
    public string Mint(UserId user, TimeSpan lifetime, string? device = null)
    {
        var now = _time.GetUtcNow();
        var claims = new Dictionary<string, object> { [JwtRegisteredClaimNames.Sub] = user.Value };
        if (device is not null) claims.Add(JwtCheck.DeviceClaim, device);
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = _options.Issuer,
            Audience = _options.Audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = (now + lifetime).UtcDateTime,
            Claims = claims,
            SigningCredentials = new SigningCredentials(_key, SecurityAlgorithms.HmacSha256),
        });
    }

    public ValueTask<TokenAnswer> VerifyAsync(string token, CancellationToken cancellationToken) =>
        _check.VerifyAsync(token, cancellationToken);
}
