using System.Text.Json;
using LiveChat.Core.Sessions;
using LiveChat.Protocol.Ids;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace LiveChat.Server.Tokens;

/// <summary>
/// Checks JWTs of one family of algorithms: algorithm, type and <c>crit</c> before anything else, then key, signature,
/// issuer, audience, times (30 s of skew for the beginning, not the library's five minutes, and none for the end), and
/// that <c>sub</c> is a user id. Each claim comes once and is of its kind (<see cref="StrictJson"/>). Addresses and
/// keys that the token itself brings (<c>jku</c>, <c>jwk</c>, <c>x5u</c>)
/// are not looked at, and <c>kid</c> is a name in our own table. Any thread.
/// </summary>
internal sealed class JwtCheck(
    TokenOptions options,
    IReadOnlyCollection<string> algorithms,
    Func<string?, CancellationToken, ValueTask<KeyAnswer>> keyOf,
    TimeProvider time)
{
    public const int TokenLengthMax = 8 * 1024;
    public const string DeviceClaim = "device";
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = TokenLengthMax };
    private TokenValidationParameters? _last;

    public async ValueTask<TokenAnswer> VerifyAsync(string token, CancellationToken cancellationToken)
    {
        if (Read(token) is not { } unverified
            || StrictJson.Read(unverified.EncodedHeader) is null
            || StrictJson.Read(unverified.EncodedPayload) is not { } claims
            || !algorithms.Contains(unverified.Alg, StringComparer.Ordinal))
            return default;
        var kid = unverified.TryGetHeaderValue<string>(JwtHeaderParameterNames.Kid, out var named) ? named : null;
        var (key, isUnavailable) = await keyOf(kid, cancellationToken);
        if (key is null)
            return isUnavailable ? new TokenAnswer(TokenStatus.Unavailable, default, default) : default;
        var result = await _handler.ValidateTokenAsync(unverified, ParametersFor(key));
        return result.IsValid ? Judge(claims) : default;
    }

    private JsonWebToken? Read(string token)
    {
        if (token.Length is 0 or > TokenLengthMax) return null;
        try
        {
            var read = _handler.ReadJsonWebToken(token);
            return IsPlain(read) ? read : null;
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or SecurityTokenException)
        {
            return null;
        }
    }

    /// <summary>Whether it is a JWT as far as its header says (RFC 7519 has <c>typ</c> optional, and a media type's
    /// case does not matter), and asks for no extension: <c>crit</c> names what must be understood, and we know none.
    /// </summary>
    private static bool IsPlain(JsonWebToken token)
    {
        if (token.TryGetHeaderValue<object>("crit", out _)) return false;
        return !token.TryGetHeaderValue<object>(JwtHeaderParameterNames.Typ, out var type)
            || (type is string text && text.Equals("JWT", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Made once for as long as the key stays the same; whoever loses a race makes them again.</summary>
    private TokenValidationParameters ParametersFor(SecurityKey key)
    {
        var last = Volatile.Read(ref _last);
        if (last is null || last.IssuerSigningKey != key) Volatile.Write(ref _last, last = CreateParameters(key));
        return last;
    }

    private TokenValidationParameters CreateParameters(SecurityKey key) => new()
    {
        ValidIssuer = options.Issuer,
        ValidAudience = options.Audience,
        ValidAlgorithms = algorithms,
        IssuerSigningKey = key,
        TryAllIssuerSigningKeys = true,
        RequireSignedTokens = true,
        ValidateIssuer = true,
        ValidateAudience = true,
        ValidateIssuerSigningKey = true,
        // The times are checked here, by the injected clock, so that expired is told from invalid.
        ValidateLifetime = false,
    };

    private TokenAnswer Judge(JsonElement claims)
    {
        if (!StrictJson.TryText(claims, JwtRegisteredClaimNames.Sub, out var sub)
            || !StrictJson.TryText(claims, DeviceClaim, out var device)
            || !StrictJson.TrySeconds(claims, JwtRegisteredClaimNames.Exp, out var exp)
            || !StrictJson.TrySeconds(claims, JwtRegisteredClaimNames.Nbf, out var nbf)
            || !StrictJson.TrySeconds(claims, JwtRegisteredClaimNames.Iat, out var iat))
            return default;
        if (!UserId.TryParse(sub, out var user) || exp is not { } end) return default;
        if (device is not null && !UserId.TryParse(device, out _)) return default;

        // An issue in the future would outlive every revocation until then.
        var now = time.GetUtcNow();
        var latest = now.Add(Skew).ToUnixTimeSeconds();
        if (nbf > latest || iat > latest) return default;
        if (end <= now.ToUnixTimeSeconds()) return new TokenAnswer(TokenStatus.Expired, default, default);

        // A far future is cut to what a DateTimeOffset can hold.
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds(Math.Min(end, DateTimeOffset.MaxValue.ToUnixTimeSeconds()));
        return new TokenAnswer(TokenStatus.Valid, user, expiresAt)
        {
            IssuedAtMs = Math.Max(0, iat ?? 0) * 1_000,
            Device = device,
        };
    }
}
