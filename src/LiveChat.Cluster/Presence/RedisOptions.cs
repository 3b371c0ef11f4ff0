namespace LiveChat.Cluster.Presence;

/// <summary>Where Redis is, and who this server is to it.</summary>
internal sealed record RedisOptions
{
    /// <summary>Servers to ask first, <c>host:port</c>, separated by commas: one Redis, some of a Redis Cluster, or the
    /// sentinels.</summary>
    public required string Endpoints { get; init; }

    /// <summary>The name under which sentinels know the master; null where the endpoints are servers.</summary>
    public string? SentinelMaster { get; init; }

    /// <summary>The database of a Redis that is no cluster. 0 to 15.</summary>
    public int Database { get; init; }

    /// <summary>This server's user at Redis; null for the default user.</summary>
    public string? User { get; init; }

    /// <summary>The file with the user's password; null where Redis asks for none.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Whether connections use TLS.</summary>
    public bool Tls { get; init; }

    /// <summary>A file with the certificates that sign those of the servers, PEM; null for the system's.</summary>
    public string? CertificateAuthority { get; init; }

    /// <summary>A file with the certificate and the key that this server shows, PEM; null for none.</summary>
    public string? ClientCertificate { get; init; }
}
