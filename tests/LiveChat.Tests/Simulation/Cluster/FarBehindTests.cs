using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>A gateway that was cut off for so long that the log no longer has what came meanwhile.</summary>
public sealed class FarBehindTests
{
    private const int Alone = 0;
    private const int Messages = 5;
    private static readonly TimeSpan CutFor = TimeSpan.FromSeconds(40);

    private static readonly LogTrimmerOptions SoonTrimmed = new()
    {
        Retention = TimeSpan.FromSeconds(2), Period = TimeSpan.FromSeconds(1),
    };

    [Fact]
    public void Its_sessions_end_resume_and_miss_nothing()
    {
        NodeRoles[] roles = [NodeRoles.Gateway, NodeRoles.All, NodeRoles.All];
        using var stage = new Stage(roles, here: Alone, there: 1, SoonTrimmed);
        Assert.Equal("", string.Join('\n', stage.Play(CutOffAsync)));
    }

    private static async Task CutOffAsync(Stage stage, string chat)
    {
        foreach (var other in (int[])[1, 2])
        {
            stage.Cut(Alone, other, CutFor);
            stage.Cut(other, Alone, CutFor);
        }

        var session = stage.Actor.Session;
        var last = 0L;
        for (var i = 0; i < Messages; i++)
        {
            last = (await Stage.AskAsync<Ack>(stage.Other, stage.Say(chat))).Seq;
            await stage.PassAsync(1);
        }

        await stage.PassAsync((int)CutFor.TotalSeconds);
        await stage.UntilAsync(() => stage.Actor.View.Shown(chat) >= last, "the actor has everything", seconds: 30);
        stage.World.Require(stage.Actor.Session != session, $"The session of the actor has not ended.");
    }
}
