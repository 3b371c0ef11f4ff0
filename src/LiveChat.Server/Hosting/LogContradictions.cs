using Microsoft.Extensions.Configuration;

namespace LiveChat.Server.Hosting;

/// <summary>Options of the message log that say different things together, or nothing alone.</summary>
internal static class LogContradictions
{
    private const string Log = $"{ServerOptions.Section}:{nameof(ServerOptions.Log)}";

    /// <summary>What is wrong, with what to do; null when nothing is.</summary>
    /// <param name="section">What is configured.</param>
    /// <param name="options">What was made of it.</param>
    public static string? Find(IConfiguration section, ServerOptions options)
    {
        var log = options.Log;
        if (log.Kind is LogKind.RocksDb)
            return OtherKind.Find(
                section,
                nameof(ServerOptions.Log),
                nameof(LogKind.Kafka),
                ofEveryKind: [nameof(LogOptions.Level), nameof(LogOptions.Format)]);
        if (section.GetChildren().Select(static child => child.Key)
            .Contains(nameof(ServerOptions.Partitions), StringComparer.OrdinalIgnoreCase))
            return $"{ServerOptions.Section}:{nameof(ServerOptions.Partitions)} is an option of a log in the data "
                + $"folder: with {Log}:Kind=Kafka set {Log}:Partitions instead.";
        if (log.Brokers.Length == 0)
            return $"{Log}:Kind is Kafka and there are no brokers: set {Log}:Brokers to one or more host:port.";
        if (log.Brokers.Split(',').FirstOrDefault(static broker => !IsAddress(broker)) is { } wrong)
            return $"{Log}:Brokers has '{wrong}', which is not an address: write host:port, with commas between them.";
        return FindInSecurity(log) ?? FindInFiles(log);
    }

    private static string? FindInSecurity(LogOptions log) => log switch
    {
        { Mechanism: LogMechanism.None, User.Length: > 0 } =>
            $"{Log}:User is set and {Log}:Mechanism is not: set it to ScramSha512, ScramSha256 or Plain.",
        { Mechanism: LogMechanism.None, PasswordFile.Length: > 0 } =>
            $"{Log}:PasswordFile is set and {Log}:Mechanism is not: set it to ScramSha512, ScramSha256 or Plain.",
        { Mechanism: not LogMechanism.None, User.Length: 0 } =>
            $"{Log}:Mechanism is {log.Mechanism} and there is no user: set {Log}:User.",
        { Mechanism: not LogMechanism.None, PasswordFile.Length: 0 } =>
            $"{Log}:Mechanism is {log.Mechanism} and there is no password: set {Log}:PasswordFile.",
        { Mechanism: LogMechanism.Plain, Tls: false } =>
            $"{Log}:Mechanism=Plain without TLS sends the password for everyone to read: set {Log}:Tls=true, or use "
            + "ScramSha512.",
        { ClientCertificate.Length: > 0, ClientKey.Length: 0 } =>
            $"{Log}:ClientCertificate is set and {Log}:ClientKey is not: name the file of its private key.",
        { ClientCertificate.Length: 0, ClientKey.Length: > 0 } =>
            $"{Log}:ClientKey is set and {Log}:ClientCertificate is not: name the file of the certificate.",
        _ => null,
    };

    private static string? FindInFiles(LogOptions log) => TlsFiles.Find(
        Log,
        log.Tls,
        (nameof(LogOptions.CertificateAuthority), log.CertificateAuthority),
        (nameof(LogOptions.ClientCertificate), log.ClientCertificate),
        (nameof(LogOptions.ClientKey), log.ClientKey));

    private static bool IsAddress(string broker) =>
        broker.Trim() is var address
        && address.LastIndexOf(':') is > 0 and var colon
        && ushort.TryParse(address[(colon + 1)..], out var port) && port > 0
        && !address.Contains("//", StringComparison.Ordinal);
}
