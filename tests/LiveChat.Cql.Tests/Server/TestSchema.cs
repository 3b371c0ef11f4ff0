namespace LiveChat.Cql.Tests.Server;

/// <summary>A keyspace of its own for a test, dropped at the end.</summary>
internal sealed class TestSchema : IAsyncDisposable
{
    private static int _count;

    private TestSchema(CqlSession session, string keyspace)
    {
        Session = session;
        Keyspace = keyspace;
    }

    public CqlSession Session { get; }

    public string Keyspace { get; }

    public static async Task<TestSchema> CreateAsync(CqlOptions options, int replicas, params string[] tables)
    {
        var session = await CqlSession.ConnectAsync(options);
        var keyspace = $"t{Environment.ProcessId}_{Interlocked.Increment(ref _count)}";
        var schema = new TestSchema(session, keyspace);
        await schema.ExecuteAsync(
            $"CREATE KEYSPACE {keyspace} WITH replication = "
            + $"{{'class': 'SimpleStrategy', 'replication_factor': {replicas}}}");
        foreach (var table in tables) await schema.ExecuteAsync(table);
        return schema;
    }

    /// <summary>Executes a text in which ks. stands for the keyspace.</summary>
    public ValueTask<RowSet> ExecuteAsync(string cql) =>
        Session.ExecuteAsync(new SimpleStatement(In(cql)) { Timeout = TimeSpan.FromSeconds(30) });

    public ValueTask<PreparedStatement> PrepareAsync(string cql) => Session.PrepareAsync(In(cql));

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"DROP KEYSPACE {Keyspace}");
        await Session.DisposeAsync();
    }

    private string In(string cql) => cql.Replace("ks.", $"{Keyspace}.", StringComparison.Ordinal);
}
