namespace LiveChat.Server.Hosting;

/// <summary>Ages of chats that nothing keeps to.</summary>
internal static class RetentionContradictions
{
    private const string Days = $"{ServerOptions.Section}:{nameof(ServerOptions.Retention)}:Days";
    private const string Trim = $"{ServerOptions.Section}:{nameof(ServerOptions.Trim)}:Retention";

    /// <summary>What is wrong, with what to do; null when nothing is.</summary>
    public static string? Find(ServerOptions options)
    {
        var days = options.Retention.Days;
        if (days == 0) return null;
        if (options.Store.Kind is StoreKind.Cassandra)
            return $"{Days} is {days} and the chats are on Cassandra, where the server removes nothing by its age: "
                + "leave it out, and delete chats that are over (docs/ops/personal-data.md).";
        return TimeSpan.FromDays(days) < options.Trim.Retention
            ? $"{Days} is {days}, and the log keeps its records for {options.Trim.Retention} ({Trim}): an event goes "
                + "from its chat when the log has it no more. Set one of them."
            : null;
    }
}
