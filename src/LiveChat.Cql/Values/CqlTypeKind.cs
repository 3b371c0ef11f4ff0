namespace LiveChat.Cql.Values;

/// <summary>The number of a type on the wire ([option], v5, section 4.2.5.2).</summary>
public enum CqlTypeKind : ushort
{
    /// <summary>A server-side class that has no number of its own.</summary>
    Custom = 0x0000,

    /// <summary>US-ASCII text.</summary>
    Ascii = 0x0001,

    /// <summary>64-bit signed integer.</summary>
    BigInt = 0x0002,

    /// <summary>Bytes.</summary>
    Blob = 0x0003,

    /// <summary>True or false.</summary>
    Boolean = 0x0004,

    /// <summary>64-bit counter.</summary>
    Counter = 0x0005,

    /// <summary>Decimal number of any precision.</summary>
    Decimal = 0x0006,

    /// <summary>64-bit floating point.</summary>
    Double = 0x0007,

    /// <summary>32-bit floating point.</summary>
    Float = 0x0008,

    /// <summary>32-bit signed integer.</summary>
    Int = 0x0009,

    /// <summary>Milliseconds since 1970-01-01T00:00:00Z, 64 bits signed.</summary>
    Timestamp = 0x000B,

    /// <summary>Any UUID.</summary>
    Uuid = 0x000C,

    /// <summary>UTF-8 text; CQL also calls it <c>varchar</c>.</summary>
    Text = 0x000D,

    /// <summary>Integer of any size.</summary>
    VarInt = 0x000E,

    /// <summary>A UUID of version 1.</summary>
    TimeUuid = 0x000F,

    /// <summary>An IPv4 or IPv6 address.</summary>
    Inet = 0x0010,

    /// <summary>A day.</summary>
    Date = 0x0011,

    /// <summary>Nanoseconds since midnight.</summary>
    Time = 0x0012,

    /// <summary>16-bit signed integer.</summary>
    SmallInt = 0x0013,

    /// <summary>8-bit signed integer.</summary>
    TinyInt = 0x0014,

    /// <summary>Months, days and nanoseconds.</summary>
    Duration = 0x0015,

    /// <summary>A list.</summary>
    List = 0x0020,

    /// <summary>A map.</summary>
    Map = 0x0021,

    /// <summary>A set.</summary>
    Set = 0x0022,

    /// <summary>A user-defined type.</summary>
    UserDefined = 0x0030,

    /// <summary>A tuple.</summary>
    Tuple = 0x0031,
}
