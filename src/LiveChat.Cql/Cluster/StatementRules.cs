using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Cluster;

/// <summary>A statement's settings with the session's defaults filled in, and what follows for repeating it.</summary>
internal readonly record struct StatementRules(
    Consistency Consistency, TimeSpan Timeout, int PageSize, bool IsOnce, bool IsIdempotent, bool IsWrite)
{
    public static StatementRules Of(Statement statement, CqlOptions options)
    {
        var traits = statement.Traits;
        var consistency = statement.Consistency ?? options.Consistency;
        var isSerial = consistency is Consistency.Serial or Consistency.LocalSerial;
        var isOnce = traits.IsConditional || isSerial;
        return new StatementRules(
            consistency,
            statement.Timeout ?? options.RequestTimeout,
            traits.IsRead ? statement.PageSize ?? options.PageSize : 0,
            IsOnce: isOnce,
            IsIdempotent: !isOnce && (statement.IsIdempotent ?? traits.IsRead),
            IsWrite: !traits.IsRead || isSerial);
    }

    public QueryParameters ToParameters(Statement statement, ReadOnlyMemory<byte> pagingState) =>
        new(Consistency, statement.SerialConsistency, statement.TimestampMicroseconds, PageSize, pagingState);
}
