using System.Net;
using LiveChat.Cql.Cluster;

namespace LiveChat.Cql.Tests.Cluster;

/// <summary>Which nodes hold a token, by both strategies.</summary>
public sealed class TokenRingTests
{
    private static readonly Node A = Make(1, "dc1", "r1");
    private static readonly Node B = Make(2, "dc1", "r1");
    private static readonly Node C = Make(3, "dc1", "r2");
    private static readonly Node D = Make(4, "dc2", "r1");
    private static readonly TokenRing Ring = new([(30, C), (10, A), (20, B), (40, D), (50, A)]);

    [Theory]
    [InlineData(10, 0)]
    [InlineData(11, 1)]
    [InlineData(long.MinValue, 0)]
    [InlineData(50, 4)]
    [InlineData(51, 0)]
    [InlineData(long.MaxValue, 0)]
    public void A_token_belongs_to_the_first_place_at_or_above_it(long token, int place) =>
        Assert.Equal(place, Ring.IndexOf(token));

    [Fact]
    public void SimpleStrategy_goes_round_the_ring()
    {
        var simple = new Replication("SimpleStrategy", new Dictionary<string, int> { ["replication_factor"] = 3 });
        var replicas = Ring.ReplicasFor(simple, "dc1");
        Assert.Equal([A, B, C], replicas[0]);
        Assert.Equal([C, A], replicas[2]); // the third replica is in the other data centre
        Assert.Equal([A, B, C], replicas[4]); // A once, though it has two tokens
    }

    [Fact]
    public void NetworkTopologyStrategy_takes_each_rack_before_a_rack_twice()
    {
        var two = new Replication("NetworkTopologyStrategy", new Dictionary<string, int> { ["dc1"] = 2, ["dc2"] = 1 });
        Assert.Equal([A, C], Ring.ReplicasFor(two, "dc1")[0]);
        Assert.Equal([B, C], Ring.ReplicasFor(two, "dc1")[1]);
        Assert.Equal([D], Ring.ReplicasFor(two, "dc2")[0]);
        var three = new Replication("NetworkTopologyStrategy", new Dictionary<string, int> { ["dc1"] = 3 });
        Assert.Equal([A, C, B], Ring.ReplicasFor(three, "dc1")[0]);
        var many = new Replication("NetworkTopologyStrategy", new Dictionary<string, int> { ["dc1"] = 9 });
        Assert.Equal(3, Ring.ReplicasFor(many, "dc1")[0].Length);
    }

    [Fact]
    public void A_replication_map_is_read_as_the_server_writes_it()
    {
        var replication = Replication.Parse(new Dictionary<string, string>
        {
            ["class"] = "org.apache.cassandra.locator.NetworkTopologyStrategy", ["dc1"] = "3/1", ["dc2"] = "2",
        });
        Assert.False(replication.IsSimple);
        Assert.Equal((3, 2), (replication.Factors["dc1"], replication.Factors["dc2"]));
    }

    private static Node Make(int number, string dataCenter, string rack) =>
        new(new Guid(number, 0, 0, new byte[8]), new IPEndPoint(IPAddress.Loopback, number), dataCenter, rack, null);
}
