namespace LiveChat.Cql.Tests.Cluster;

/// <summary>What a schema statement waits for.</summary>
public sealed class SchemaTests
{
    [Theory]
    [InlineData("CREATE TABLE IF NOT EXISTS k.t (p int PRIMARY KEY)", true)]
    [InlineData("INSERT INTO k.t (p) VALUES (1)", false)]
    public async Task A_schema_statement_that_changed_nothing_waits_for_agreement_too(string cql, bool isWaiting)
    {
        await using var cluster = new FakeCluster(2, (_, connection, header, _) => connection.VoidAsync(header.Stream));
        await using var session = await cluster.ConnectAsync();
        await session.ExecuteAsync(new SimpleStatement(cql));
        Assert.Equal(isWaiting ? cluster.Asked : [], cluster.AskedForSchema.Distinct());
        Assert.Null(RowSet.Empty.ChangedOn);
    }
}
