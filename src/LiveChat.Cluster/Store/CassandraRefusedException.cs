namespace LiveChat.Cluster.Store;

/// <summary>The server must not start with this Cassandra. The message says why and what to do, and nothing was
/// changed.</summary>
internal sealed class CassandraRefusedException(string message, Exception? inner = null) : Exception(message, inner);
