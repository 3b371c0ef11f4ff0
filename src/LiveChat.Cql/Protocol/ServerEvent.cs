using System.Net;
using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Protocol;

/// <summary>What a server tells those who registered for it (4.2.6). Exactly one of the two parts is set.</summary>
internal sealed record ServerEvent(string Type, string Change, IPEndPoint? Node, SchemaChange? Schema)
{
    public const string TopologyChange = "TOPOLOGY_CHANGE";
    public const string StatusChange = "STATUS_CHANGE";
    public const string SchemaChanged = "SCHEMA_CHANGE";

    public static readonly string[] All = [TopologyChange, StatusChange, SchemaChanged];

    public static ServerEvent Read(ref BodyReader reader)
    {
        var type = reader.ReadString();
        switch (type)
        {
            case TopologyChange or StatusChange:
                var change = reader.ReadString();
                return new ServerEvent(type, change, reader.ReadInet(), null);
            case SchemaChanged:
                var schema = SchemaChange.Read(ref reader);
                return new ServerEvent(type, schema.Change, null, schema);
            default:
                throw new CqlProtocolException($"Event \"{type}\" was never registered for.");
        }
    }
}
