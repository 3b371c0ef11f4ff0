using System.ComponentModel.DataAnnotations;
using LiveChat.Cluster.Presence;

namespace LiveChat.Server.Hosting;

/// <summary>Where it is kept who is online.</summary>
internal sealed class PresenceOptions
{
    /// <summary>Where it is: <c>Nodes</c>, which tell each other, for up to 16 of them, or <c>Redis</c>, where other
    /// programs read it too. The options below are for <c>Redis</c> only (docs/ops/redis.md).</summary>
    [EnumDataType(typeof(PresenceKind))]
    public PresenceKind Kind { get; set; } = PresenceKind.Nodes;

    /// <summary>The servers to ask first, <c>host:port</c> with commas between them: one Redis, some of a Redis
    /// Cluster, or the sentinels.</summary>
    public string Endpoints { get; set; } = "";

    /// <summary>The name under which the sentinels know the master; empty: the endpoints are servers.</summary>
    public string SentinelMaster { get; set; } = "";

    /// <summary>The database of a Redis that is no cluster; another installation has another one.</summary>
    [Range(0, 15)]
    public int Database { get; set; }

    /// <summary>The server's user at Redis; empty: the default user.</summary>
    public string User { get; set; } = "";

    /// <summary>A file with the user's password. It is read again while the server runs.</summary>
    public string PasswordFile { get; set; } = "";

    /// <summary>Whether the connections to Redis use TLS.</summary>
    public bool Tls { get; set; }

    /// <summary>A file with the certificates that sign those of the servers (PEM); empty: the system's.</summary>
    public string CertificateAuthority { get; set; } = "";

    /// <summary>A file with the certificate and the key that the server shows (PEM); empty: none.</summary>
    public string ClientCertificate { get; set; } = "";

    public RedisOptions ToRedis() => new()
    {
        Endpoints = Endpoints,
        SentinelMaster = SentinelMaster is { Length: > 0 } master ? master : null,
        Database = Database,
        User = User is { Length: > 0 } user ? user : null,
        PasswordFile = PasswordFile is { Length: > 0 } file ? file : null,
        Tls = Tls,
        CertificateAuthority = CertificateAuthority is { Length: > 0 } authority ? authority : null,
        ClientCertificate = ClientCertificate is { Length: > 0 } certificate ? certificate : null,
    };
}
