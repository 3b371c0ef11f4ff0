using StackExchange.Redis;

namespace LiveChat.Cluster.Presence;

/// <summary>What an operator does about an error of Redis. Pure.</summary>
internal static class RedisErrors
{
    private const string ReadOnly = "READONLY";

    private static readonly (string Sign, string Advice)[] Known =
    [
        ("NOAUTH", "It asks for a password: set LiveChat:Presence:PasswordFile, and User for a user of its own."),
        ("WRONGPASS", "It does not know this user or password: correct LiveChat:Presence:User and PasswordFile, or "
            + "set them with ACL SETUSER."),
        ("without any password configured", "It has no password, and LiveChat:Presence:PasswordFile is set: give it "
            + "one (requirepass, or better the users of deploy/redis/users.acl), or leave the option out."),
        ("NOPERM", "The user lacks a right: give it those of deploy/redis/users.acl."),
        (ReadOnly, "It is a replica and takes no writes: name the master, or set LiveChat:Presence:SentinelMaster."),
        ("NOREPLICAS", "It takes no writes without its replicas (min-replicas-to-write): look at the replicas, or set "
            + "it to 0."),
        ("OOM", "It has no memory left (maxmemory): give it more. Presence needs some 300 bytes a user who is "
            + "online."),
        ("MISCONF", "It takes no writes since it cannot write to its disk: look at its log and its disk, or set "
            + "stop-writes-on-bgsave-error to no."),
        ("Failed connecting to configured primary", "The sentinels name no master that answers: correct "
            + "LiveChat:Presence:SentinelMaster, or look at the master that they know."),
        ("not a Sentinel connection", "LiveChat:Presence:SentinelMaster is set, and Endpoints are no sentinels: name "
            + "them (port 26379), or leave the option out."),
        ("Unknown Redis command", "It is older than 7.0: upgrade it."),
    ];

    /// <summary>Whether a replica was asked to write.</summary>
    public static bool IsReadOnly(RedisServerException failure) =>
        failure.Message.Contains(ReadOnly, StringComparison.Ordinal);

    /// <summary>A sentence; null for what passes by itself.</summary>
    public static string? Advice(Exception failure) => failure switch
    {
        RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } =>
            Find(failure) ?? "It refuses the connection: look at LiveChat:Presence:User, PasswordFile, Tls and the "
            + "certificates.",
        RedisException or AggregateException => Find(failure),
        _ => null,
    };

    private static string? Find(Exception failure)
    {
        for (var one = failure; one is not null; one = one.InnerException)
            foreach (var (sign, advice) in Known)
                if (one.Message.Contains(sign, StringComparison.Ordinal))
                    return advice;
        return null;
    }
}
