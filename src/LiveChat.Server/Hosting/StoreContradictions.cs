using Microsoft.Extensions.Configuration;

namespace LiveChat.Server.Hosting;

/// <summary>Options of the store that say different things together, or nothing alone.</summary>
internal static class StoreContradictions
{
    private const string Store = $"{ServerOptions.Section}:{nameof(ServerOptions.Store)}";

    /// <summary>What is wrong, with what to do; null when nothing is.</summary>
    /// <param name="section">What is configured.</param>
    /// <param name="options">What was made of it.</param>
    public static string? Find(IConfiguration section, ServerOptions options)
    {
        var store = options.Store;
        if (store.Kind is StoreKind.RocksDb)
            return OtherKind.Find(section, nameof(ServerOptions.Store), nameof(StoreKind.Cassandra));
        if (options.Log.Kind is not LogKind.Kafka)
            return $"{Store}:Kind is Cassandra and the message log is in the data folder, which one machine has: set "
                + $"{ServerOptions.Section}:Log:Kind=Kafka.";
        if (store.ContactPoints.Length == 0)
            return $"{Store}:Kind is Cassandra and there are no nodes: set {Store}:ContactPoints to one or more hosts.";
        if (store.ContactPoints.Split(',').FirstOrDefault(static point => !IsPoint(point.Trim())) is { } wrong)
            return $"{Store}:ContactPoints has '{wrong}', which is not an address: write host or host:port, with "
                + "commas between them.";
        if (options.Tokens.SecretFile.Length == 0)
            return $"{Store}:Kind is Cassandra and the secret would lie in the data folder of one machine: set "
                + $"{ServerOptions.Section}:Tokens:SecretFile.";
        return FindInSecurity(store) ?? TlsFiles.Find(
            Store,
            store.Tls,
            (nameof(StoreOptions.CertificateAuthority), store.CertificateAuthority),
            (nameof(StoreOptions.ClientCertificate), store.ClientCertificate));
    }

    private static string? FindInSecurity(StoreOptions store) => store switch
    {
        { User.Length: > 0, PasswordFile.Length: 0 } =>
            $"{Store}:User is set and there is no password: set {Store}:PasswordFile.",
        { User.Length: 0, PasswordFile.Length: > 0 } =>
            $"{Store}:PasswordFile is set and there is no role: set {Store}:User.",
        _ => null,
    };

    private static bool IsPoint(string point) =>
        Uri.TryCreate($"cql://{point}", UriKind.Absolute, out var uri)
        && uri is { Host.Length: > 0, PathAndQuery: "/" or "", UserInfo.Length: 0 };
}
