using System.Security.Cryptography;
using System.Text;
using LiveChat.Core.Identities;

namespace LiveChat.Server.Tokens;

/// <summary>
/// The keys of the embedding application's backend: <c>lcs_ID_SECRET</c>, with 32 random bytes for a secret, of which
/// only the hash is kept. A key is read whenever it is shown, so a revoked one is refused from then on. Any thread.
/// </summary>
internal sealed class ServerKeys(IApiKeyStore keys, TimeProvider time)
{
    private const string Prefix = "lcs_";
    private const int IdLength = 16;
    private const int SecretLength = 64;
    private static readonly TimeSpan TouchEvery = TimeSpan.FromMinutes(1);

    /// <summary>What everybody but the store calls it, which is the beginning of its text.</summary>
    public static string IdOf(ApiKey key) => Prefix + key.Id;

    /// <summary>Whether a token is meant to be a server key.</summary>
    public static bool IsOne(string token) => token.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>A new key; the text is shown once and cannot be had again.</summary>
    public async ValueTask<(ApiKey Key, string Text)> CreateAsync(string name, CancellationToken cancellationToken)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdLength / 2));
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretLength / 2));
        var key = new ApiKey(id, name, HashOf(secret)) { CreatedMs = time.GetUtcNow().ToUnixTimeMilliseconds() };
        return await keys.AddKeyAsync(key, cancellationToken)
            ? (key, $"{IdOf(key)}_{secret}")
            : throw new InvalidOperationException("Two keys drew one id.");
    }

    /// <summary>All keys, those that were revoked too.</summary>
    public ValueTask<IReadOnlyList<ApiKey>> ReadAllAsync(CancellationToken cancellationToken) =>
        keys.ReadKeysAsync(cancellationToken);

    /// <summary>Ends a key for good; false when there is none of this id.</summary>
    public ValueTask<bool> RevokeAsync(string id, CancellationToken cancellationToken) => IsOne(id)
        ? keys.DisableKeyAsync(id[Prefix.Length..], cancellationToken)
        : ValueTask.FromResult(false);

    /// <summary>The key of this text; null when it is none, is disabled, or the secret is another.</summary>
    public async ValueTask<ApiKey?> VerifyAsync(string text, CancellationToken cancellationToken)
    {
        if (text.Length != Prefix.Length + IdLength + 1 + SecretLength
            || !IsOne(text)
            || text[Prefix.Length + IdLength] != '_')
            return null;
        var id = text.Substring(Prefix.Length, IdLength);
        var key = await keys.ReadKeyAsync(id, cancellationToken);
        var isRight = CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(HashOf(text[^SecretLength..])),
            Encoding.ASCII.GetBytes(key?.SecretHash ?? new string('0', SecretLength)));
        if (key is null || !isRight || key.IsDisabled) return null;

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (now - key.LastUsedMs >= TouchEvery.TotalMilliseconds) await keys.TouchKeyAsync(id, now, cancellationToken);
        return key;
    }

    private static string HashOf(string secret) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
