using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace LiveChat.Cluster.Links;

/// <summary>Mutual TLS between nodes: both ends show a certificate that one authority has signed, and the caller checks
/// that it names the host that was called. Any thread.</summary>
internal static class LinkTls
{
    private const string ForServers = "1.3.6.1.5.5.7.3.1";
    private const string ForClients = "1.3.6.1.5.5.7.3.2";

    /// <summary>Reads the files.</summary>
    /// <exception cref="InvalidDataException">One of them cannot be used.</exception>
    public static SslServerAuthenticationOptions ServerOptions(LinkTlsFiles files)
    {
        var authority = ReadAuthority(files);
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = ReadOwn(files),
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            RemoteCertificateValidationCallback = (_, shown, _, _) => IsSigned(shown, authority, ForClients),
        };
    }

    /// <summary>Reads the files.</summary>
    /// <exception cref="InvalidDataException">One of them cannot be used.</exception>
    public static SslClientAuthenticationOptions ClientOptions(LinkTlsFiles files)
    {
        var authority = ReadAuthority(files);
        return new SslClientAuthenticationOptions
        {
            ClientCertificateContext = ReadOwn(files),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            RemoteCertificateValidationCallback = (_, shown, _, problems) =>
                (problems & SslPolicyErrors.RemoteCertificateNameMismatch) == 0
                && IsSigned(shown, authority, ForServers),
        };
    }

    private static bool IsSigned(X509Certificate? shown, X509Certificate2Collection authority, string use)
    {
        if (shown is null) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(use));
        return chain.Build(shown as X509Certificate2 ?? new X509Certificate2(shown));
    }

    private static SslStreamCertificateContext ReadOwn(LinkTlsFiles files) => Read(files.Certificate, () =>
    {
        var others = new X509Certificate2Collection();
        others.ImportFromPemFile(files.Certificate);
        return SslStreamCertificateContext.Create(
            X509Certificate2.CreateFromPemFile(files.Certificate, files.Key), others, offline: true);
    });

    private static X509Certificate2Collection ReadAuthority(LinkTlsFiles files) => Read(files.Authority, () =>
    {
        var authority = new X509Certificate2Collection();
        authority.ImportFromPemFile(files.Authority);
        return authority.Count > 0
            ? authority
            : throw new CryptographicException("It has no certificate.");
    });

    private static T Read<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new InvalidDataException($"The certificate of the links {file} cannot be used: {e.Message}", e);
        }
    }
}
