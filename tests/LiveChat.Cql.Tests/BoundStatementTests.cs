using LiveChat.Cql.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql.Tests;

/// <summary>Values that are put into a statement, again and again, and statements that are put into a batch.</summary>
public sealed class BoundStatementTests
{
    [Fact]
    public void Values_that_are_set_again_take_the_place_of_those_before()
    {
        string?[] values = ["a", "bcd", null, "efghi", ""];
        var random = new Random(7);
        using var again = Update(3).Bind();
        for (var round = 0; round < 500; round++)
        {
            var now = Enumerable.Range(0, 3).Select(_ => values[random.Next(values.Length)]).ToArray();
            var order = Enumerable.Range(0, 3).ToArray();
            random.Shuffle(order);
            foreach (var ordinal in order) again.Set(ordinal, now[ordinal]);
            using var fresh = Update(3).Bind().Set(0, now[0]).Set(1, now[1]).Set(2, now[2]);
            Assert.Equal(Written(fresh), Written(again));
        }
    }

    [Fact]
    public void A_statement_that_is_used_for_ever_does_not_grow()
    {
        using var bound = Update(2).Bind().Set(0, "first");
        var value = new string('x', 400);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 100_000; round++) bound.Set(1, value).Set(0, "again");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void What_a_batch_could_not_send_is_refused_instead_of_dropped()
    {
        Assert.Equal(1, new BatchStatement().Add(Bound(_ => { })).Count);
        Refused(bound => bound.TimestampMicroseconds = 1);
        Refused(bound => bound.Consistency = Consistency.All);
        Refused(bound => bound.SerialConsistency = Consistency.LocalSerial);
        Refused(bound => bound.Timeout = TimeSpan.FromSeconds(1));
    }

    private static void Refused(Action<BoundStatement> set)
    {
        var error = Assert.Throws<ArgumentException>(() => new BatchStatement().Add(Bound(set)));
        Assert.Contains("whole batch", error.Message, StringComparison.Ordinal);
    }

    private static BoundStatement Bound(Action<BoundStatement> set)
    {
        var bound = Update(1).Bind().Set(0, "p");
        set(bound);
        return bound;
    }

    /// <summary>Prepared, as a server would, with that many texts, the first of them the partition key.</summary>
    private static PreparedStatement Update(int markers)
    {
        var columns = Enumerable.Range(0, markers)
            .Select(index => new Column("k", "t", $"c{index}", CqlType.Of(CqlTypeKind.Text))).ToArray();
        return new PreparedStatement("UPDATE k.t …", new PreparedMetadata([1], null, columns, [0], null));
    }

    private static byte[] Written(IBoundValues values)
    {
        using var writer = new ByteWriter();
        values.WriteTo(writer);
        return writer.Written.ToArray();
    }
}
