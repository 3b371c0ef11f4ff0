using Npgsql;

namespace SignalRPostgres;

/// <summary>PostgreSQL as it is used well: one prepared statement numbers a message and inserts it idempotently.
/// </summary>
internal sealed class PostgresStore(NpgsqlDataSource source) : IMessageStore
{
    private const string Tables =
        """
        CREATE TABLE IF NOT EXISTS chats (id bigint PRIMARY KEY, seq bigint NOT NULL) WITH (fillfactor = 50);
        CREATE TABLE IF NOT EXISTS messages (
            chat bigint NOT NULL, seq bigint NOT NULL, sender text NOT NULL, client_id uuid NOT NULL,
            text text NOT NULL, sent timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (chat, seq), UNIQUE (chat, sender, client_id));
        """;

    private const string Add =
        """
        WITH former AS (SELECT seq FROM messages WHERE chat = $1 AND sender = $2 AND client_id = $3),
            next AS (
                UPDATE chats SET seq = seq + 1 WHERE id = $1 AND NOT EXISTS (SELECT FROM former) RETURNING seq),
            added AS (
                INSERT INTO messages (chat, seq, sender, client_id, text)
                SELECT $1, seq, $2, $3, $4 FROM next RETURNING seq)
        SELECT seq FROM added UNION ALL SELECT seq FROM former
        """;

    public static async Task<PostgresStore> OpenAsync(string connection)
    {
        var builder = new NpgsqlConnectionStringBuilder(connection) { MaxAutoPrepare = 8, AutoPrepareMinUsages = 1 };
        var source = NpgsqlDataSource.Create(builder);
        await using var tables = source.CreateCommand(Tables);
        await tables.ExecuteNonQueryAsync();
        return new PostgresStore(source);
    }

    public async Task CreateAsync(long chat)
    {
        await using var command = source.CreateCommand("INSERT INTO chats VALUES ($1, 0) ON CONFLICT DO NOTHING");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = chat });
        await command.ExecuteNonQueryAsync();
    }

    public async Task<long> AddAsync(
        long chat, string sender, Guid clientId, string text, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Add);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = chat });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = sender });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = clientId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = text });
        return (long)(await command.ExecuteScalarAsync(cancellationToken)
            ?? throw new InvalidOperationException("There is no such chat."));
    }
}
