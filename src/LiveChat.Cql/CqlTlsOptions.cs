using System.Security.Cryptography.X509Certificates;

namespace LiveChat.Cql;

/// <summary>
/// TLS to the nodes. The certificate is always verified: its chain, its dates and its name. There is no switch to turn
/// that off; a private authority goes into <see cref="TrustedCertificates"/>.
/// </summary>
public sealed class CqlTlsOptions
{
    /// <summary>The name that certificates must carry; null for the host name or address of each node.</summary>
    public string? TargetHost { get; set; }

    /// <summary>Roots to trust instead of the machine's; empty for the machine's.</summary>
    public X509Certificate2Collection TrustedCertificates { get; } = [];

    /// <summary>What the client shows of itself, where nodes ask for it.</summary>
    public X509Certificate2? ClientCertificate { get; set; }
}
