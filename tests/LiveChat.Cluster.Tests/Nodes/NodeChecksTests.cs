using LiveChat.Cluster.Nodes;
using LiveChat.Core.Links;
using Xunit;

namespace LiveChat.Cluster.Tests.Nodes;

/// <summary>What the registry says is wrong, and what to do about it.</summary>
public sealed class NodeChecksTests
{
    private static readonly NodeEntry One = new("one", "a:1", NodeRoles.All, 1, 3, "1.0", 1);
    private static readonly NodeEntry Other = One with { Name = "other", Address = "b:1", Incarnation = 2 };

    [Fact]
    public void Nodes_that_are_well_are_named_and_nothing_else_is_said()
    {
        var found = Assert.Single(NodeChecks.Of([One, Other with { ClockOffMs = -900 }], 3, 3));
        Assert.Equal(
            (ServiceVerdict.Good, "Live: one (All, 1.0), other (All, 1.0)."), (found.Verdict, found.Found));
        Assert.Single(NodeChecks.Of([One with { Address = "" }], 3, 3)); // Alone it needs no links.
        Assert.Single(NodeChecks.Of([], 0, 3));
    }

    [Fact]
    public void Each_fault_is_one_finding_with_advice()
    {
        Check(ServiceVerdict.Warns, "no sign for 2 min", One, Other with { Age = TimeSpan.FromMinutes(2) });
        Check(ServiceVerdict.Refused, "takes no links, and is not alone", One, Other with { Address = "" });
        Check(ServiceVerdict.Warns, "Its clock is -1.5 s ahead", One, Other with { ClockOffMs = -1_500 });
        Check(
            ServiceVerdict.Warns, "The clock of one is 1.2 s ahead of that of other.",
            One with { ClockOffMs = 500 }, Other with { ClockOffMs = -700 });
        Check(
            ServiceVerdict.Refused, "No live node has the role History",
            One with { Roles = NodeRoles.Gateway }, Other with { Roles = NodeRoles.Delivery });
        var rules = Assert.Single(NodeChecks.Of([One], 4, 3), static one => one.Verdict is not ServiceVerdict.Good);
        Assert.Contains("number 4, and this build knows up to 3", rules.Found, StringComparison.Ordinal);
    }

    private static void Check(ServiceVerdict verdict, string says, params NodeEntry[] nodes)
    {
        var found = Assert.Single(NodeChecks.Of(nodes, 3, 3), static one => one.Verdict is not ServiceVerdict.Good);
        Assert.Equal(verdict, found.Verdict);
        Assert.Contains(says, found.Found, StringComparison.Ordinal);
        Assert.NotNull(found.Advice);
    }
}
