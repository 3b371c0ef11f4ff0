namespace LiveChat.Cql.Tests.Server;

/// <summary>Tokens that are computed here are those of the server, for simple and composite keys.</summary>
[Collection(nameof(OneNode))]
[Trait("needs", "cassandra")]
public sealed class TokenTests(OneNode cassandra)
{
    [Fact]
    public async Task Tokens_of_random_keys_agree_with_the_server()
    {
        await using var schema = await TestSchema.CreateAsync(
            cassandra.Options(), 1,
            "CREATE TABLE ks.one (k blob PRIMARY KEY)",
            "CREATE TABLE ks.three (a int, b text, c blob, PRIMARY KEY ((a, b, c)))");
        var one = await schema.PrepareAsync("INSERT INTO ks.one (k) VALUES (?)");
        var three = await schema.PrepareAsync("INSERT INTO ks.three (c, a, b) VALUES (?, ?, ?)"); // not in key order
        var random = new Random(7);
        var tokens = (One: new HashSet<long>(), Three: new HashSet<long>());
        for (var length = 1; length < 60; length++)
        {
            var key = new byte[length];
            random.NextBytes(key);
            tokens.One.Add(await InsertAsync(schema, one.Bind().SetBlob(0, key)));
            var composite = three.Bind().SetBlob(0, key).Set(1, length).Set(2, $"é{length}");
            tokens.Three.Add(await InsertAsync(schema, composite));
        }

        using var ones = await schema.ExecuteAsync("SELECT token(k) FROM ks.one");
        Assert.Equal(tokens.One, ones.Select(row => row.GetInt64(0)).ToHashSet());
        using var threes = await schema.ExecuteAsync("SELECT token(a, b, c) FROM ks.three");
        Assert.Equal(tokens.Three, threes.Select(row => row.GetInt64(0)).ToHashSet());
    }

    private static async Task<long> InsertAsync(TestSchema schema, BoundStatement insert)
    {
        await schema.Session.ExecuteAsync(insert);
        Assert.True(insert.TryGetToken(out var token));
        return token;
    }
}
