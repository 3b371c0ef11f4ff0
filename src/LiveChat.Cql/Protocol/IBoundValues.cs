namespace LiveChat.Cql.Protocol;

/// <summary>The values of one statement, encoded already.</summary>
internal interface IBoundValues
{
    int Count { get; }

    /// <summary>Writes a [short] count and that many [value].</summary>
    void WriteTo(ByteWriter writer);
}
