namespace LiveChat.Server.Hosting;

/// <summary>Where everything durable but the message log is.</summary>
internal enum StoreKind
{
    /// <summary>In the data folder.</summary>
    RocksDb = 0,

    /// <summary>A keyspace of Cassandra.</summary>
    Cassandra = 1,
}
