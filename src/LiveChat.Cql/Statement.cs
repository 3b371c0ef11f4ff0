namespace LiveChat.Cql;

/// <summary>
/// What can be executed. Not thread-safe, and not to be changed while it is being executed; it can be executed again
/// afterwards.
/// </summary>
public abstract class Statement
{
    private protected Statement()
    {
    }

    /// <summary>How many replicas must have answered; null for the session's default.</summary>
    public Consistency? Consistency { get; set; }

    /// <summary>The consistency of a conditional statement's first phase: Serial or LocalSerial.</summary>
    public Consistency? SerialConsistency
    {
        get;
        set => field = value is null or Cql.Consistency.Serial or Cql.Consistency.LocalSerial
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Only Serial and LocalSerial are serial.");
    }

    /// <summary>
    /// The write stamp of every cell, in microseconds since 1970; null lets the coordinator's clock decide. Conditional
    /// statements get theirs from the server and refuse one.
    /// </summary>
    public long? TimestampMicroseconds { get; set; }

    /// <summary>Rows per page; null for the session's default, 0 for all rows at once.</summary>
    public int? PageSize
    {
        get;
        set => field = value is null or >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Must not be below 0.");
    }

    /// <summary>Where to go on; see <see cref="RowSet.PagingState"/>.</summary>
    public ReadOnlyMemory<byte> PagingState { get; set; }

    /// <summary>
    /// How long one attempt may take, to a tenth of a second above; null for the session's default.
    /// </summary>
    public TimeSpan? Timeout
    {
        get;
        set => field = value is null || (value > TimeSpan.Zero && value <= CqlOptions.TimeMax)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "Must be above 0 and at most 24 days.");
    }

    /// <summary>
    /// Whether executing it twice does what executing it once does. Null: reads are, everything else is not. A
    /// conditional statement is never repeated, whatever this says.
    /// </summary>
    public bool? IsIdempotent { get; set; }

    /// <summary>Settings that have a place in a request of its own, and none inside of a batch.</summary>
    internal bool HasOwnSettings =>
        TimestampMicroseconds is not null || Consistency is not null || SerialConsistency is not null
        || Timeout is not null;

    /// <summary>What the text says about it.</summary>
    internal abstract StatementTraits Traits { get; }

    /// <summary>The token of its partition key, when all of that is bound.</summary>
    internal virtual bool TryGetToken(out long token)
    {
        token = 0;
        return false;
    }

    /// <summary>The keyspace whose replicas to ask; null when it is not known.</summary>
    internal virtual string? Keyspace => null;
}
