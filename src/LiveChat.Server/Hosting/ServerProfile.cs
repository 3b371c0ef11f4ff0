namespace LiveChat.Server.Hosting;

/// <summary>What kind of installation a server belongs to: it decides which kinds of stores are the default, and which
/// options must be set.</summary>
internal enum ServerProfile
{
    /// <summary>One process with everything in its data folder.</summary>
    Single = 0,

    /// <summary>Several servers on Kafka, Cassandra and Redis.</summary>
    Cluster = 1,
}
