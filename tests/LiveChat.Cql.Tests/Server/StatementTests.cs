using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql.Tests.Server;

/// <summary>What a session does with statements, against the real server.</summary>
[Collection(nameof(OneNode))]
[Trait("needs", "cassandra")]
public sealed class StatementTests(OneNode cassandra)
{
    private const string Table = "CREATE TABLE ks.t (p int, c int, v text, w text, PRIMARY KEY (p, c))";

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task What_was_written_is_read(ProtocolVersion version)
    {
        await using var schema = await CreateAsync(Table, version);
        var insert = await schema.PrepareAsync("INSERT INTO ks.t (p, c, v, w) VALUES (?, ?, ?, ?)");
        var select = await schema.PrepareAsync("SELECT p, c, v, w FROM ks.t WHERE p = ? AND c = ?");
        await schema.Session.ExecuteAsync(insert.Bind().Set(0, 1).Set(1, 2).Set(2, "three").SetNull(3));
        using var rows = await schema.Session.ExecuteAsync(select.Bind().Set(1, 2).Set(0, 1)); // in any order
        var row = Assert.Single(rows);
        Assert.Equal((1, 2, "three", true), (row.GetInt32(0), row.GetInt32(1), row.GetString(2), row.IsNull(3)));
    }

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Values_of_a_text_that_is_not_prepared_are_positional(ProtocolVersion version)
    {
        await using var schema = await CreateAsync(Table, version);
        await schema.Session.ExecuteAsync(
            new SimpleStatement($"INSERT INTO {schema.Keyspace}.t (p, c, v, w) VALUES (?, ?, ?, ?)")
                .Add(1, CqlCodecs.Int).Add(2, CqlCodecs.Int).Add("three", CqlCodecs.Text)
                .Add(null, CqlCodecs.Optional(CqlCodecs.Text)));
        var select = new SimpleStatement($"SELECT v, w FROM {schema.Keyspace}.t WHERE p = ? AND c IN ?")
            .Add(1, CqlCodecs.Int).Add([1, 2], CqlCodecs.List(CqlCodecs.Int));
        using var rows = await schema.Session.ExecuteAsync(select);
        Assert.Equal(("three", true), (rows[0].GetString(0), Assert.Single(rows).IsNull(1)));
        var tooFew = new SimpleStatement($"SELECT v FROM {schema.Keyspace}.t WHERE p = ?");
        await Assert.ThrowsAsync<CqlInvalidQueryException>(() => schema.Session.ExecuteAsync(tooFew).AsTask());
    }

    [Fact]
    public async Task A_schema_statement_may_be_prepared()
    {
        await using var schema = await CreateAsync(Table);
        var create = await schema.PrepareAsync("CREATE TABLE ks.u (k int PRIMARY KEY)");
        using var rows = await schema.Session.ExecuteAsync(create.Bind());
        Assert.NotNull(rows.ChangedOn);
        await schema.ExecuteAsync("INSERT INTO ks.u (k) VALUES (1)");
    }

    [Fact]
    public async Task A_table_that_was_made_again_with_other_types_wants_its_values_again()
    {
        await using var schema = await CreateAsync(Table);
        var insert = await schema.PrepareAsync("INSERT INTO ks.t (p, c, v) VALUES (1, 1, ?)");
        var bound = insert.Bind().Set(0, "1234");
        await schema.ExecuteAsync("DROP TABLE ks.t");
        await schema.ExecuteAsync("CREATE TABLE ks.t (p int, c int, v int, PRIMARY KEY (p, c))");
        var error = await Assert.ThrowsAsync<CqlTypeException>(() => schema.Session.ExecuteAsync(bound).AsTask());
        Assert.Equal($"{schema.Keyspace}.t.v is int now, not text: the values must be bound again.", error.Message);
        await schema.Session.ExecuteAsync(insert.Bind().Set(0, 1234));
        using var rows = await schema.ExecuteAsync("SELECT v FROM ks.t WHERE p = 1");
        Assert.Equal(1234, rows[0].GetInt32(0));
    }

    [Fact]
    public async Task A_key_that_is_too_long_is_refused_by_the_server()
    {
        await using var schema = await CreateAsync("CREATE TABLE ks.b (a blob, b int, PRIMARY KEY ((a, b)))");
        var both = await schema.PrepareAsync("INSERT INTO ks.b (a, b) VALUES (?, ?)");
        var tooLong = both.Bind().SetBlob(0, new byte[70_000]).Set(1, 1);
        await Assert.ThrowsAsync<CqlInvalidQueryException>(() => schema.Session.ExecuteAsync(tooLong).AsTask());
    }

    [Fact]
    public async Task Unset_leaves_a_column_as_it_is_and_null_empties_it()
    {
        await using var schema = await CreateAsync(Table);
        var insert = await schema.PrepareAsync("INSERT INTO ks.t (p, c, v, w) VALUES (1, 1, ?, ?)");
        await schema.Session.ExecuteAsync(insert.Bind().Set(0, "v").Set(1, "w"));
        await schema.Session.ExecuteAsync(insert.Bind().SetUnset(0).SetNull(1));
        using var rows = await schema.ExecuteAsync("SELECT v, w FROM ks.t WHERE p = 1");
        Assert.Equal("v", rows[0].GetString(0));
        Assert.True(rows[0].IsNull(1));
    }

    [Fact]
    public async Task A_forgotten_value_is_refused_by_name()
    {
        await using var schema = await CreateAsync(Table);
        var insert = await schema.PrepareAsync("INSERT INTO ks.t (p, c, v) VALUES (?, ?, ?)");
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => schema.Session.ExecuteAsync(insert.Bind().Set(0, 1).Set(2, "v")).AsTask());
        Assert.Contains($"{schema.Keyspace}.t.c", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Rows_come_across_pages(ProtocolVersion version)
    {
        await using var schema = await CreateAsync(Table, version);
        var insert = await schema.PrepareAsync("INSERT INTO ks.t (p, c, v) VALUES (1, ?, ?)");
        var values = Enumerable.Range(0, 250).ToArray();
        await Task.WhenAll(values.Select(value =>
            schema.Session.ExecuteAsync(insert.Bind().Set(0, value).Set(1, $"{value}")).AsTask()));
        var select = (await schema.PrepareAsync("SELECT c, v FROM ks.t WHERE p = 1")).Bind();
        select.PageSize = 40;
        var read = new List<int>();
        await foreach (var row in schema.Session.QueryAsync(select))
        {
            Assert.Equal($"{row.GetInt32(0)}", row.GetString(1));
            read.Add(row.GetInt32(0));
        }

        Assert.Equal(values, read);
        using var page = await schema.Session.ExecuteAsync(select);
        Assert.Equal(40, page.Count);
        Assert.True(page.HasMorePages);
    }

    [Fact]
    public async Task A_batch_writes_all_and_stays_in_one_partition()
    {
        await using var schema = await CreateAsync(Table);
        var insert = await schema.PrepareAsync("INSERT INTO ks.t (p, c, v) VALUES (?, ?, 'b')");
        var batch = new BatchStatement { TimestampMicroseconds = 5 };
        for (var c = 0; c < 10; c++) batch.Add(insert.Bind().Set(0, 1).Set(1, c));
        Assert.Throws<ArgumentException>(() => batch.Add(insert.Bind().Set(0, 2).Set(1, 0)));
        await schema.Session.ExecuteAsync(batch);
        using var rows = await schema.ExecuteAsync("SELECT writetime(v) FROM ks.t WHERE p = 1");
        Assert.Equal(Enumerable.Repeat(5L, 10), rows.Select(row => row.GetInt64(0)));
    }

    [Fact]
    public async Task A_batch_spans_tables_but_neither_keyspaces_nor_keys_that_are_not_bound()
    {
        await using var schema = await CreateAsync(Table);
        await using var other = await CreateAsync(Table);
        await schema.ExecuteAsync("CREATE TABLE ks.u (p int PRIMARY KEY, v text)");
        var first = await schema.PrepareAsync("INSERT INTO ks.t (p, c, v) VALUES (?, 1, 'b')");
        var second = await schema.PrepareAsync("INSERT INTO ks.u (p, v) VALUES (?, 'b')");
        var foreign = await other.PrepareAsync("INSERT INTO ks.t (p, c, v) VALUES (?, 1, 'b')");
        var literal = await schema.PrepareAsync("INSERT INTO ks.t (p, c, v) VALUES (1, 2, ?)");
        var batch = new BatchStatement().Add(first.Bind().Set(0, 1)).Add(second.Bind().Set(0, 1));
        Assert.Throws<ArgumentException>(() => batch.Add(foreign.Bind().Set(0, 1)));
        Assert.Throws<ArgumentException>(() => batch.Add(literal.Bind().Set(0, "b")));
        await schema.Session.ExecuteAsync(batch);
        using var rows = await schema.ExecuteAsync("SELECT v FROM ks.u");
        Assert.Equal("b", Assert.Single(rows).GetString(0));
    }

    [Fact]
    public async Task A_keyspace_that_does_not_exist_is_an_error_that_says_so()
    {
        var options = cassandra.Options();
        options.Keyspace = "nobody";
        var error = await Assert.ThrowsAsync<CqlInvalidQueryException>(() => CqlSession.ConnectAsync(options));
        Assert.Contains("nobody", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_greater_stamp_wins_whatever_comes_last()
    {
        await using var schema = await CreateAsync(Table);
        var insert = await schema.PrepareAsync("INSERT INTO ks.t (p, c, v) VALUES (1, 1, ?)");
        foreach (var (value, stamp) in new[] { ("new", 200L), ("old", 100L) })
        {
            var bound = insert.Bind().Set(0, value);
            bound.TimestampMicroseconds = stamp;
            await schema.Session.ExecuteAsync(bound);
        }

        using var rows = await schema.ExecuteAsync("SELECT v, writetime(v) FROM ks.t WHERE p = 1");
        Assert.Equal(("new", 200L), (rows[0].GetString(0), rows[0].GetInt64(1)));
    }

    [Fact]
    public async Task A_conditional_statement_says_whether_it_was_applied()
    {
        await using var schema = await CreateAsync(Table);
        var insert = await schema.PrepareAsync("INSERT INTO ks.t (p, c, v) VALUES (1, 1, ?) IF NOT EXISTS");
        Assert.True(insert.IsConditional);
        using var first = await schema.Session.ExecuteAsync(insert.Bind().Set(0, "first"));
        using var second = await schema.Session.ExecuteAsync(insert.Bind().Set(0, "second"));
        Assert.True(first.WasApplied);
        Assert.False(second.WasApplied);
        Assert.Equal("first", second[0].Get("v", CqlCodecs.Text));
        var select = new SimpleStatement($"SELECT v FROM {schema.Keyspace}.t WHERE p = 1")
        {
            Consistency = Consistency.Serial,
        };
        using var rows = await schema.Session.ExecuteAsync(select);
        Assert.Equal("first", rows[0].GetString(0));
    }

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task A_statement_that_the_server_has_forgotten_is_prepared_again(ProtocolVersion version)
    {
        await using var schema = await CreateAsync(Table, version);
        var insert = await schema.PrepareAsync("INSERT INTO ks.t (p, c, v) VALUES (?, ?, ?)");
        await schema.ExecuteAsync("DROP TABLE ks.t");
        await schema.ExecuteAsync(Table);
        await schema.Session.ExecuteAsync(insert.Bind().Set(0, 1).Set(1, 1).Set(2, "v"));
        var other = await schema.PrepareAsync("DELETE FROM ks.t WHERE p = ? AND c = ?");
        await schema.ExecuteAsync("DROP TABLE ks.t");
        await schema.ExecuteAsync(Table);
        await schema.Session.ExecuteAsync(new BatchStatement()
            .Add(insert.Bind().Set(0, 1).Set(1, 2).Set(2, "v"))
            .Add(other.Bind().Set(0, 1).Set(1, 1)));
        using var rows = await schema.ExecuteAsync("SELECT c FROM ks.t WHERE p = 1");
        Assert.Equal(2, Assert.Single(rows).GetInt32(0));
    }

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task A_new_column_shows_up_in_a_prepared_star(ProtocolVersion version)
    {
        await using var schema = await CreateAsync(Table, version);
        await schema.ExecuteAsync("INSERT INTO ks.t (p, c, v) VALUES (1, 1, 'v')");
        var select = await schema.PrepareAsync("SELECT * FROM ks.t WHERE p = ?");
        using var before = await schema.Session.ExecuteAsync(select.Bind().Set(0, 1));
        await schema.ExecuteAsync("ALTER TABLE ks.t ADD a int");
        await schema.ExecuteAsync("UPDATE ks.t SET a = 42 WHERE p = 1 AND c = 1");
        for (var round = 0; round < 3; round++)
        {
            using var after = await schema.Session.ExecuteAsync(select.Bind().Set(0, 1));
            Assert.Equal("v", after[0].Get("v", CqlCodecs.Text));
            Assert.Equal(42, after[0].Get("a", CqlCodecs.Int));
        }
    }

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task A_value_larger_than_a_segment_passes_both_ways(ProtocolVersion version)
    {
        await using var schema = await CreateAsync("CREATE TABLE ks.b (k int PRIMARY KEY, v blob)", version);
        var insert = await schema.PrepareAsync("INSERT INTO ks.b (k, v) VALUES (1, ?)");
        var value = new byte[1_000_000];
        new Random(5).NextBytes(value);
        await schema.Session.ExecuteAsync(insert.Bind().SetBlob(0, value));
        using var rows = await schema.ExecuteAsync("SELECT v FROM ks.b WHERE k = 1");
        Assert.True(rows[0].GetBytes(0).SequenceEqual(value));
    }

    [Fact]
    public async Task Errors_have_their_types()
    {
        await using var schema = await CreateAsync(Table);
        await Assert.ThrowsAsync<CqlSyntaxException>(() => schema.ExecuteAsync("SELEC 1").AsTask());
        await Assert.ThrowsAsync<CqlInvalidQueryException>(() => schema.ExecuteAsync("SELECT x FROM ks.t").AsTask());
        var exists = await Assert.ThrowsAsync<CqlAlreadyExistsException>(() => schema.ExecuteAsync(Table).AsTask());
        Assert.Equal((schema.Keyspace, "t"), (exists.Keyspace, exists.Table));
        var all = new SimpleStatement($"INSERT INTO {schema.Keyspace}.t (p, c) VALUES (1, 1)")
        {
            Consistency = Consistency.Three,
        };
        var few = await Assert.ThrowsAsync<CqlUnavailableException>(() => schema.Session.ExecuteAsync(all).AsTask());
        Assert.Equal((Consistency.Three, 3, 1), (few.Consistency, few.Required, few.Alive));
        Assert.NotNull(few.Node);
    }

    [Fact]
    public async Task Hundreds_of_requests_at_once_each_get_their_own_answer()
    {
        await using var schema = await CreateAsync(Table);
        var insert = await schema.PrepareAsync("INSERT INTO ks.t (p, c, v) VALUES (?, ?, ?)");
        var select = await schema.PrepareAsync("SELECT v FROM ks.t WHERE p = ? AND c = ?");
        await Parallel.ForAsync(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 256 }, async (value, token) =>
        {
            using var write = insert.Bind().Set(0, value % 50).Set(1, value).Set(2, $"value {value}");
            await schema.Session.ExecuteAsync(write, token);
            using var read = select.Bind().Set(0, value % 50).Set(1, value);
            using var rows = await schema.Session.ExecuteAsync(read, token);
            Assert.Equal($"value {value}", rows[0].GetString(0));
        });
    }

    [Fact]
    public async Task A_keyspace_of_the_options_is_used()
    {
        await using var schema = await CreateAsync(Table);
        var options = cassandra.Options();
        options.Keyspace = schema.Keyspace;
        await using var session = await CqlSession.ConnectAsync(options);
        using var rows = await session.ExecuteAsync(new SimpleStatement("SELECT p FROM t"));
        Assert.Empty(rows);
    }

    [Fact]
    public async Task Nobody_at_the_address_is_an_error_that_names_it()
    {
        var options = cassandra.Options();
        options.ContactPoints.Clear();
        options.ContactPoints.Add(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1));
        var error = await Assert.ThrowsAsync<CqlNoHostException>(() => CqlSession.ConnectAsync(options));
        Assert.Contains("127.0.0.1:1", error.Message, StringComparison.Ordinal);
    }

    private Task<TestSchema> CreateAsync(string table, ProtocolVersion version = ProtocolVersion.V5)
    {
        var options = cassandra.Options();
        options.ProtocolVersionMax = version;
        options.Consistency = Consistency.One;
        return TestSchema.CreateAsync(options, 1, table);
    }
}
