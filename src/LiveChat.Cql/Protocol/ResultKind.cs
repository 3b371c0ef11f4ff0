namespace LiveChat.Cql.Protocol;

/// <summary>What a RESULT carries (4.2.5).</summary>
internal enum ResultKind
{
    Void = 1,
    Rows = 2,
    SetKeyspace = 3,
    Prepared = 4,
    SchemaChange = 5,
}
