namespace LiveChat.Cql.Protocol;

/// <summary>Flags of an envelope header (v5, section 2.4.1.2).</summary>
[Flags]
internal enum EnvelopeFlags : byte
{
    None = 0,
    Compressed = 0x01,
    Tracing = 0x02,
    CustomPayload = 0x04,
    Warning = 0x08,
    Beta = 0x10,
}
