namespace LiveChat.Server.Hosting;

/// <summary>Where the message log is.</summary>
internal enum LogKind
{
    /// <summary>In the data folder.</summary>
    RocksDb = 0,

    /// <summary>A topic of Kafka.</summary>
    Kafka = 1,
}
