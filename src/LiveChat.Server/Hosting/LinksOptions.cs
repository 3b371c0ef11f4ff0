using LiveChat.Cluster.Links;

namespace LiveChat.Server.Hosting;

/// <summary>The links between several servers on one keyspace of Cassandra (docs/ops/several-nodes.md).</summary>
internal sealed class LinksOptions
{
    /// <summary>Where this server takes links of the others, <c>host:port</c>, never a public address; <c>*</c> for
    /// all addresses of the machine. Empty: this server is the only one of its keyspace.</summary>
    public string Listen { get; set; } = "";

    /// <summary>Where the others reach it, <c>host:port</c>; empty: the same as <c>Listen</c>.</summary>
    public string Announce { get; set; } = "";

    /// <summary>A file with a secret that all servers of the keyspace share. A second line is taken too, while the
    /// secret is changed.</summary>
    public string SecretFile { get; set; } = "";

    /// <summary>Whether links use TLS, with certificates at both ends; without it what users write goes between the
    /// servers unencrypted.</summary>
    public bool Tls { get; set; }

    /// <summary>A file with the authority that signs the certificates of the servers, and nobody else's (PEM).
    /// </summary>
    public string CertificateAuthority { get; set; } = "";

    /// <summary>A file with this server's certificate, for both directions (PEM).</summary>
    public string Certificate { get; set; } = "";

    /// <summary>A file with its private key (PEM).</summary>
    public string CertificateKey { get; set; } = "";

    public LinkOptions ToLinks() => new()
    {
        Listen = Listen,
        SecretFile = SecretFile is { Length: > 0 } secret ? secret : null,
        Tls = Tls ? new LinkTlsFiles(Certificate, CertificateKey, CertificateAuthority) : null,
    };
}
