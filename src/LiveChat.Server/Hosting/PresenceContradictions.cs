using Microsoft.Extensions.Configuration;

namespace LiveChat.Server.Hosting;

/// <summary>Options of presence that say different things together, or nothing alone.</summary>
internal static class PresenceContradictions
{
    private const string Presence = $"{ServerOptions.Section}:{nameof(ServerOptions.Presence)}";

    /// <summary>What is wrong, with what to do; null when nothing is.</summary>
    /// <param name="section">What is configured.</param>
    /// <param name="options">What was made of it.</param>
    public static string? Find(IConfiguration section, ServerOptions options)
    {
        var presence = options.Presence;
        if (presence.Kind is PresenceKind.Nodes)
            return OtherKind.Find(section, nameof(ServerOptions.Presence), nameof(PresenceKind.Redis));
        if (presence.Endpoints.Length == 0)
            return $"{Presence}:Kind is Redis and there are no servers: set {Presence}:Endpoints to one or more "
                + "host:port.";
        if (presence.Endpoints.Split(',').FirstOrDefault(static endpoint => !IsEndpoint(endpoint.Trim())) is { } wrong)
            return $"{Presence}:Endpoints has '{wrong}', which is not an address: write host:port, with commas between "
                + "them.";
        if (presence is { User.Length: > 0, PasswordFile.Length: 0 })
            return $"{Presence}:User is set and there is no password: set {Presence}:PasswordFile.";
        if (presence.PasswordFile is { Length: > 0 } file && !File.Exists(file))
            return $"{Presence}:PasswordFile names {file}, which is not there.";
        return TlsFiles.Find(
            Presence,
            presence.Tls,
            (nameof(PresenceOptions.CertificateAuthority), presence.CertificateAuthority),
            (nameof(PresenceOptions.ClientCertificate), presence.ClientCertificate));
    }

    private static bool IsEndpoint(string endpoint) =>
        Uri.TryCreate($"redis://{endpoint}", UriKind.Absolute, out var uri)
        && uri is { Host.Length: > 0, Port: > 0, PathAndQuery: "/" or "", UserInfo.Length: 0 };
}
