using LiveChat.Cql.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql;

/// <summary>
/// A statement that the server knows by an id (PREPARE, v5, section 4.1.5). A value: made once by
/// <see cref="CqlSession.PrepareAsync"/>, kept for good, shared by all threads. A node that does not know it, because
/// it was restarted or has just joined, is told by itself.
/// </summary>
public sealed class PreparedStatement
{
    private readonly Dictionary<string, int> _ordinals;

    /// <summary>Swapped as a whole when the server says that result or bind markers look different now.</summary>
    private PreparedMetadata _metadata;

    internal PreparedStatement(string cql, PreparedMetadata metadata)
    {
        Cql = cql;
        _metadata = metadata;
        var traits = StatementTraits.Parse(cql);
        var isApplied = metadata.ResultColumns is { } result && Array.Exists(result, one => one.Name == "[applied]");
        Traits = isApplied ? traits with { IsConditional = true } : traits;
        Keyspace = metadata.Parameters.Length > 0 ? metadata.Parameters[0].Keyspace
            : metadata.ResultColumns is { Length: > 0 } columns ? columns[0].Keyspace : null;
        _ordinals = new Dictionary<string, int>(metadata.Parameters.Length, StringComparer.Ordinal);
        for (var index = 0; index < metadata.Parameters.Length; index++)
            _ordinals.TryAdd(metadata.Parameters[index].Name, index);
    }

    /// <summary>The text.</summary>
    public string Cql { get; }

    /// <summary>The bind markers, in the order of the text.</summary>
    public IReadOnlyList<Column> Parameters => Metadata.Parameters;

    /// <summary>It has an IF clause: a lightweight transaction, which is never repeated by itself.</summary>
    public bool IsConditional => Traits.IsConditional;

    internal StatementTraits Traits { get; }

    internal string? Keyspace { get; }

    internal PreparedMetadata Metadata => Volatile.Read(ref _metadata);

    /// <summary>The place of the bind marker with that name.</summary>
    public int Ordinal(string name) => _ordinals.TryGetValue(name, out var ordinal)
        ? ordinal
        : throw new ArgumentException($"The statement has no bind marker \"{name}\".", nameof(name));

    /// <summary>False when somebody else has replaced it meanwhile, whose news must not be undone.</summary>
    internal bool TryReplace(PreparedMetadata known, PreparedMetadata changed) =>
        Interlocked.CompareExchange(ref _metadata, changed, known) == known;

    /// <summary>A statement to put values into.</summary>
    public BoundStatement Bind() => new(this);
}
