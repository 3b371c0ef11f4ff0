using Microsoft.Extensions.Configuration;

namespace LiveChat.Server.Hosting;

/// <summary>
/// The defaults of a profile. They lie below everything that is set: the file, the environment and the command line
/// override each of them. A profile also says which options an installation of its kind cannot do without. Pure.
/// </summary>
internal static class ProfileDefaults
{
    private const string Profile = $"{ServerOptions.Section}:{nameof(ServerOptions.Profile)}";
    private const string Node = $"{ServerOptions.Section}:{nameof(ServerOptions.Node)}";
    private const string Links = $"{ServerOptions.Section}:{nameof(ServerOptions.Links)}";

    private static readonly IReadOnlyDictionary<string, string?> Cluster = new Dictionary<string, string?>
    {
        [$"{ServerOptions.Section}:{nameof(ServerOptions.Log)}:{nameof(LogOptions.Kind)}"] = nameof(LogKind.Kafka),
        [$"{ServerOptions.Section}:{nameof(ServerOptions.Store)}:{nameof(StoreOptions.Kind)}"] =
            nameof(StoreKind.Cassandra),
        [$"{ServerOptions.Section}:{nameof(ServerOptions.Presence)}:{nameof(PresenceOptions.Kind)}"] =
            nameof(PresenceKind.Redis),
    };

    /// <summary>The defaults of the profile that is set; none where it is not known, which the binder says.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Of(IConfiguration set) =>
        nameof(ServerProfile.Cluster).Equals(set[Profile], StringComparison.OrdinalIgnoreCase) ? Cluster : [];

    /// <summary>What the profile needs and is not set, with what to do; null when nothing is.</summary>
    public static string? Find(ServerOptions options) => options switch
    {
        { Profile: ServerProfile.Single } => null,
        { Store.Kind: not StoreKind.Cassandra } =>
            $"{Profile} is Cluster and {ServerOptions.Section}:Store:Kind is {options.Store.Kind}: several servers "
            + "need a store that all of them reach; leave it out, or leave the profile out.",
        { Node.Name.Length: 0 } =>
            $"{Profile} is Cluster and {Node}:Name is not set: give each server a name of its own.",
        { Links.Listen.Length: 0 } =>
            $"{Profile} is Cluster and {Links}:Listen is not set: the servers need links to each other, such as "
            + $"{Links}:Listen=*:7400 with {Links}:Announce and {Links}:SecretFile.",
        _ => null,
    };
}
