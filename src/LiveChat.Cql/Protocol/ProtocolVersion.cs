namespace LiveChat.Cql.Protocol;

/// <summary>A version of the CQL native protocol. A connection speaks one of them for its whole life.</summary>
public enum ProtocolVersion : byte
{
    /// <summary>Cassandra 2.2 and later: one message a frame, no checksums.</summary>
    V4 = 4,

    /// <summary>Cassandra 4.0 and later: messages inside checksummed segments (v5, section 2).</summary>
    V5 = 5,
}
