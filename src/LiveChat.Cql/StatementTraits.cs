namespace LiveChat.Cql;

/// <summary>
/// What can be told from a statement's text: its first word, its table, and whether it is conditional.
/// </summary>
internal sealed record StatementTraits(string Operation, string? Table, bool IsConditional)
{
    public bool IsRead => Operation == "SELECT";

    public bool IsSchema => Operation is "CREATE" or "ALTER" or "DROP";

    /// <summary>
    /// Reads the words outside of strings, quoted names and comments. IF behind INSERT, UPDATE, DELETE or BEGIN makes a
    /// lightweight transaction; taking one too many for such only means that it is not repeated.
    /// </summary>
    public static StatementTraits Parse(string cql)
    {
        var words = new CqlWords(cql);
        if (!words.MoveNext()) return new StatementTraits(string.Empty, null, false);
        var operation = words.Current.ToString().ToUpperInvariant();
        if (operation == "USE")
            throw new ArgumentException("USE changes one connection of many; set CqlOptions.Keyspace.", nameof(cql));
        var mayBeConditional = operation is "INSERT" or "UPDATE" or "DELETE" or "BEGIN" or "APPLY";
        var table = (string?)null;
        var isConditional = false;
        var isTableNext = operation == "UPDATE";
        while (words.MoveNext())
        {
            if (isTableNext && table is null)
            {
                table = words.Current.ToString();
                isTableNext = false;
                continue;
            }

            if (mayBeConditional && words.Is("IF")) isConditional = true;
            else if (words.Is("FROM") || words.Is("INTO")) isTableNext = true;
        }

        return new StatementTraits(operation, table, isConditional);
    }
}
