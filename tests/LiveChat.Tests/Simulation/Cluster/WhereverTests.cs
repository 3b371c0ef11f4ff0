using LiveChat.Server.Api;
using LiveChat.Server.Backend;
using Xunit;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>Everything that a user does, in every layout of roles, with the others on the same node and on another.
/// </summary>
public sealed class WhereverTests
{
    public static TheoryData<int, string> Rows
    {
        get
        {
            var rows = new TheoryData<int, string>();
            for (var layout = 0; layout < ClusterLayouts.All.Count; layout++)
                foreach (var act in UserActs.All.Keys) rows.Add(layout, act);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void What_a_user_does_works_wherever_the_parts_are(int layout, string act)
    {
        foreach (var (here, there) in ClusterLayouts.PairsOf(ClusterLayouts.All[layout]))
        {
            using var stage = new Stage(ClusterLayouts.All[layout], here, there);
            var violations = stage.Play(UserActs.All[act]);
            Assert.True(violations.Count == 0, string.Join('\n', violations));
        }
    }

    /// <summary>A new route of users needs a row.</summary>
    [Fact]
    public void Every_route_of_users_is_asked_for() =>
        Assert.Equal(ApiRoutes.All.Select(static route => route.Name).Order(), UserRequests.All.Keys.Order());

    /// <summary>A new route of backends needs a row. An erasure writes to the log and to stores alone, as it does on
    /// one node; a deletion is an act of its own.</summary>
    [Fact]
    public void Every_route_of_backends_is_asked_for() =>
        Assert.Equal(
            BackendRoutes.All.Except(ErasureRoutes.All).Except(DeletionRoutes.All)
                .Select(static route => route.Name).Order(),
            BackendActs.All.Keys.Order());

    /// <summary>A new kind of signal needs an act that sends it from node to node.</summary>
    [Fact]
    public void Every_kind_of_signal_is_sent_by_some_act()
    {
        var missing = Enum.GetValues<Core.Links.Signal.KindOneofCase>()
            .Where(static kind => kind != Core.Links.Signal.KindOneofCase.None).ToHashSet();
        foreach (var (_, act) in UserActs.All)
        {
            using var stage = new Stage(ClusterLayouts.All[^1], here: 0, there: 1);
            stage.Play(act);
            missing.ExceptWith(stage.Signals);
        }

        Assert.Empty(missing);
    }
}
