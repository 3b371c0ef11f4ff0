namespace LiveChat.Cql;

/// <summary>How many replicas must have answered ([consistency], v5, section 3).</summary>
public enum Consistency : ushort
{
    /// <summary>Writes only: any node, even one that only keeps a hint.</summary>
    Any = 0x0000,

    /// <summary>One replica.</summary>
    One = 0x0001,

    /// <summary>Two replicas.</summary>
    Two = 0x0002,

    /// <summary>Three replicas.</summary>
    Three = 0x0003,

    /// <summary>More than half of all replicas.</summary>
    Quorum = 0x0004,

    /// <summary>All replicas.</summary>
    All = 0x0005,

    /// <summary>More than half of the replicas in the coordinator's data centre.</summary>
    LocalQuorum = 0x0006,

    /// <summary>Writes only: more than half of the replicas in each data centre.</summary>
    EachQuorum = 0x0007,

    /// <summary>Linearisable across data centres; for reads, and for the first phase of conditional writes.</summary>
    Serial = 0x0008,

    /// <summary>Linearisable inside the coordinator's data centre.</summary>
    LocalSerial = 0x0009,

    /// <summary>One replica in the coordinator's data centre.</summary>
    LocalOne = 0x000A,
}
