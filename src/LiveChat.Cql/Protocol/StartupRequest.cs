namespace LiveChat.Cql.Protocol;

/// <summary>
/// STARTUP (4.1.1): CQL 3.0.0, no compression, and who is asking, which shows up in system_views.clients.
/// </summary>
internal readonly record struct StartupRequest(string DriverName, string DriverVersion) : IRequest
{
    public Opcode Opcode => Opcode.Startup;

    public void WriteBody(ByteWriter writer, ProtocolVersion version)
    {
        writer.WriteShort(3);
        writer.WriteString("CQL_VERSION");
        writer.WriteString("3.0.0");
        writer.WriteString("DRIVER_NAME");
        writer.WriteString(DriverName);
        writer.WriteString("DRIVER_VERSION");
        writer.WriteString(DriverVersion);
    }
}
