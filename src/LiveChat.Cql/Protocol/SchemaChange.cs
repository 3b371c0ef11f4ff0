namespace LiveChat.Cql.Protocol;

/// <summary>What a schema statement changed, as a result (4.2.5.5) or as an event (4.2.6).</summary>
internal sealed record SchemaChange(string Change, string Target, string Keyspace, string Name)
{
    public static SchemaChange Read(ref BodyReader reader)
    {
        var change = reader.ReadString();
        var target = reader.ReadString();
        var keyspace = reader.ReadString();
        if (target == "KEYSPACE") return new SchemaChange(change, target, keyspace, string.Empty);
        var name = reader.ReadString();
        if (target is "FUNCTION" or "AGGREGATE") reader.ReadStringList();
        return new SchemaChange(change, target, keyspace, name);
    }
}
