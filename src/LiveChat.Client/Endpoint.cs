using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace LiveChat.Client;

/// <summary>
/// The address of the realtime endpoint for a user. <c>route</c> is the first half of a hash of the user's id: load
/// balancers keep a user's devices on one node by it; it is no credential.
/// </summary>
internal static class Endpoint
{
    private const string Path = "/v1/realtime";

    /// <summary>Refuses an address that no client can connect to.</summary>
    /// <exception cref="ArgumentException">It is relative, of another scheme, or has no host.</exception>
    public static void Check(Uri server)
    {
        ArgumentNullException.ThrowIfNull(server);
        if (server is { IsAbsoluteUri: true, Scheme: "http" or "https" or "ws" or "wss", Host.Length: > 0 }) return;
        throw new ArgumentException(
            $"The address of the server is http(s)://host[:port] or ws(s)://host[:port], not '{server}'.",
            nameof(server));
    }

    /// <summary>The server may be named by this address itself, as the server prints it.</summary>
    public static Uri Realtime(Uri server, string token)
    {
        var path = server.AbsolutePath.TrimEnd('/');
        var address = new UriBuilder(server)
        {
            Scheme = server.Scheme is "https" or "wss" ? "wss" : "ws",
            Path = path.EndsWith(Path, StringComparison.Ordinal) ? path : path + Path,
            Query = Subject(token) is { } user ? "route=" + Route(user) : "",
        };
        return address.Uri;
    }

    /// <summary>The address of what serves the same session over requests.</summary>
    /// <param name="realtime">The address of the realtime endpoint.</param>
    /// <param name="name">Of the other one.</param>
    public static Uri Http(Uri realtime, string name) => new UriBuilder(realtime)
    {
        Scheme = realtime.Scheme is "wss" ? "https" : "http",
        Path = $"{realtime.AbsolutePath[..^Path.Length]}/v1/{name}",
    }.Uri;

    /// <summary>The address with one more field in its query.</summary>
    public static Uri With(Uri address, string field) =>
        new UriBuilder(address) { Query = address.Query.Length > 1 ? $"{address.Query}&{field}" : field }.Uri;

    /// <summary>The first 16 hex digits of SHA-256 of the user's id.</summary>
    public static string Route(string user)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(user), hash);
        return Convert.ToHexStringLower(hash[..8]);
    }

    /// <summary>The <c>sub</c> of a JWT; null for a token of any other kind.</summary>
    public static string? Subject(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3 || !Base64Url.IsValid(parts[1])) return null;
        try
        {
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            return claims.RootElement.ValueKind == JsonValueKind.Object
                && claims.RootElement.TryGetProperty("sub", out var subject)
                && subject.ValueKind == JsonValueKind.String ? subject.GetString() : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or FormatException or InvalidOperationException)
        {
            return null; // The server judges it.
        }
    }
}
