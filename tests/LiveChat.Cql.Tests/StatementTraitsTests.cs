namespace LiveChat.Cql.Tests;

/// <summary>What a statement's text says about repeating it.</summary>
public sealed class StatementTraitsTests
{
    [Fact]
    public void USE_is_refused_since_it_would_change_one_connection_of_many() =>
        Assert.Throws<ArgumentException>(() => new SimpleStatement("use ks"));

    [Theory]
    [InlineData("SELECT a FROM ks.t WHERE if = 1", "SELECT", "ks.t", false)]
    [InlineData("  -- hm\n select a from \"T\"", "SELECT", "\"T\"", false)]
    [InlineData("INSERT INTO t (a) VALUES ('IF NOT EXISTS')", "INSERT", "t", false)]
    [InlineData("INSERT INTO t (a) VALUES ('it''s IF') IF NOT EXISTS", "INSERT", "t", true)]
    [InlineData("INSERT INTO t (\"IF\") VALUES (1)", "INSERT", "t", false)]
    [InlineData("INSERT INTO t (a) VALUES ($$ IF $$)", "INSERT", "t", false)]
    [InlineData("UPDATE ks.\"My T\" SET a = 1 WHERE k = 1 if a = 2", "UPDATE", "ks.\"My T\"", true)]
    [InlineData("UPDATE t SET a = 1 /* IF EXISTS */ WHERE k = 1", "UPDATE", "t", false)]
    [InlineData("DELETE FROM t WHERE k = 1 IF EXISTS", "DELETE", "t", true)]
    [InlineData("BEGIN BATCH UPDATE t SET a = 1 WHERE k = 1 IF a = 2; APPLY BATCH", "BEGIN", null, true)]
    [InlineData("CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY)", "CREATE", null, false)]
    [InlineData("", "", null, false)]
    [InlineData("INSERT INTO t (a) VALUES ('open", "INSERT", "t", false)]
    public void The_text_tells_operation_table_and_condition(
        string cql, string operation, string? table, bool isConditional)
    {
        var traits = StatementTraits.Parse(cql);
        Assert.Equal(operation, traits.Operation);
        if (operation != "CREATE") Assert.Equal(table, traits.Table);
        Assert.Equal(isConditional, traits.IsConditional);
    }
}
