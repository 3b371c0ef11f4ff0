using LiveChat.Core.Links;
using Microsoft.Extensions.Configuration;

namespace LiveChat.Server.Hosting;

/// <summary>Options of several servers that say different things together, or nothing alone.</summary>
internal static class LinksContradictions
{
    private const string Links = $"{ServerOptions.Section}:{nameof(ServerOptions.Links)}";
    private const string Node = $"{ServerOptions.Section}:{nameof(ServerOptions.Node)}";
    private const string Kind = $"{ServerOptions.Section}:{nameof(ServerOptions.Store)}:{nameof(StoreOptions.Kind)}";

    /// <summary>What is wrong, with what to do; null when nothing is.</summary>
    /// <param name="section">What is configured.</param>
    /// <param name="options">What was made of it.</param>
    public static string? Find(IConfiguration section, ServerOptions options)
    {
        var links = options.Links;
        if (options.Store.Kind is not StoreKind.Cassandra)
            return Given(section, nameof(ServerOptions.Node)).Concat(Given(section, nameof(ServerOptions.Links)))
                .Select(static given => $"{given} is for several servers: set {Kind}=Cassandra, or leave it out.")
                .FirstOrDefault();
        if ((options.Node.Roles & ~NodeRoles.All) != 0 || options.Node.Roles is NodeRoles.None)
            return $"{Node}:Roles is {options.Node.Roles}: set it to All, or to some of Gateway, Delivery and History.";
        if (links.Listen.Length == 0)
            return Given(section, nameof(ServerOptions.Links))
                    .Select(static given => $"{given} is set and {Links}:Listen is not: set it, or leave it out.")
                    .FirstOrDefault()
                ?? (options.Node.Roles is NodeRoles.All ? null
                    : $"{Node}:Roles is {options.Node.Roles}, and without links no other server can do the rest: set "
                        + $"{Links}:Listen.");
        return FindInAddresses(links) ?? FindInSecurity(links) ?? FindInFiles(links);
    }

    private static string? FindInAddresses(LinksOptions links)
    {
        if (PortOf(links.Listen) is null)
            return $"{Links}:Listen is {links.Listen}, which is not an address: write host:port.";
        if (links.Announce.Length > 0 && (PortOf(links.Announce) is null or 0 || IsWildcard(links.Announce)))
            return $"{Links}:Announce is {links.Announce}, which no other server can reach: write host:port.";
        if (links.Announce.Length == 0 && IsWildcard(links.Listen))
            return $"{Links}:Listen is {links.Listen}, which no other server can reach: set {Links}:Announce to the "
                + "host:port of this one.";
        return null;
    }

    private static string? FindInSecurity(LinksOptions links) => links switch
    {
        { Tls: false, SecretFile.Length: 0 } =>
            $"{Links}:Listen is set and anybody could link: set {Links}:SecretFile, or {Links}:Tls=true.",
        { Tls: true, CertificateAuthority.Length: 0 } =>
            $"{Links}:Tls is set and {Links}:CertificateAuthority is not: name the authority of the servers' "
            + "certificates.",
        { Tls: true, Certificate.Length: 0 } or { Tls: true, CertificateKey.Length: 0 } =>
            $"{Links}:Tls is set and this server has no certificate: set {Links}:Certificate and "
            + $"{Links}:CertificateKey.",
        _ => null,
    };

    private static string? FindInFiles(LinksOptions links)
    {
        if (links.SecretFile.Length > 0 && !File.Exists(links.SecretFile))
            return $"{Links}:SecretFile names {links.SecretFile}, which is not there: openssl rand -hex 32 makes a "
                + "secret.";
        return TlsFiles.Find(
            Links,
            links.Tls,
            (nameof(LinksOptions.CertificateAuthority), links.CertificateAuthority),
            (nameof(LinksOptions.Certificate), links.Certificate),
            (nameof(LinksOptions.CertificateKey), links.CertificateKey));
    }

    private static IEnumerable<string> Given(IConfiguration section, string part) =>
        section.GetSection(part).GetChildren().Select(child => $"{ServerOptions.Section}:{part}:{child.Key}");

    /// <summary>The port behind a host; null when that is no address.</summary>
    private static ushort? PortOf(string address) =>
        address.LastIndexOf(':') is > 0 and var colon
        && ushort.TryParse(address[(colon + 1)..], out var port)
        && !address.Contains('/', StringComparison.Ordinal)
            ? port
            : null;

    private static bool IsWildcard(string address) =>
        address[..address.LastIndexOf(':')] is "*" or "+" or "0.0.0.0" or "[::]";
}
