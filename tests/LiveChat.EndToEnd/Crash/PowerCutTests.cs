using Xunit;

namespace LiveChat.EndToEnd.Crash;

/// <summary>
/// Power cuts at random moments under load; after each the server starts again and everything that it acknowledged is
/// there, in one order, each once. <c>LIVECHAT_LONG=1</c> cuts the power ten times as often.
/// </summary>
public sealed class PowerCutTests
{
    private static readonly int Cuts = Environment.GetEnvironmentVariable("LIVECHAT_LONG") == "1" ? 200 : 20;

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_the_power_is_cut()
    {
        await Requirement.LoopDeviceAsync();
        var random = Crashing.Seeded();
        using var scratch = new ScratchDirectory();
        var image = await LoopImage.CreateAsync(scratch.Path);
        try
        {
            await using var server = await CrashServer.StartAsync(DataOn(image), CrashServer.FreeEndpoint());
            await using var load = await Load.StartAsync(server.Endpoint, DataOn(image));
            for (var cut = 1; cut <= Cuts; cut++)
            {
                await Crashing.UnderLoadAsync(load, random, async () =>
                {
                    image = await CutAsync(server, image, scratch, cut);
                    await server.StartAgainAsync(DataOn(image));
                });
                Crashing.Holds(await load.CheckAsync(), $"after cut {cut}");
            }

            Assert.True(load.Acknowledged > Cuts);
        }
        finally
        {
            await image.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_power_cut_finds_a_server_that_does_not_sync()
    {
        await Requirement.LoopDeviceAsync();
        var random = Crashing.Seeded();
        using var scratch = new ScratchDirectory();
        var shim = await UnsyncedShim.BuildAsync(scratch.Path);
        for (var cut = 1; cut <= Cuts; cut++)
            if (await LosesAsync(scratch, shim, random, cut))
                return;
        Assert.Fail($"A server whose syncs do nothing lost nothing in {Cuts} cuts: the cuts prove nothing.");
    }

    private static async Task<bool> LosesAsync(ScratchDirectory scratch, string shim, Random random, int number)
    {
        using var round = new ScratchDirectory();
        var image = await LoopImage.CreateAsync(round.Path);
        try
        {
            var data = DataOn(image);
            await using var server = await CrashServer.StartAsync(
                data, CrashServer.FreeEndpoint(), new Dictionary<string, string> { ["LD_PRELOAD"] = shim });
            await using var load = await Load.StartAsync(server.Endpoint, data);
            await Crashing.SendForAsync(load, random);
            image = await CutAsync(server, image, round, number);
            try
            {
                await using var next = await CrashServer.StartAsync(DataOn(image), server.Endpoint);
                return (await load.CheckAsync()).Count > 0;
            }
            catch (Exception exception) when (exception is InvalidOperationException
                or LiveChat.Client.LiveChatStoppedException or LiveChat.Client.LiveChatRefusedException
                or OperationCanceledException)
            {
                // Not even the folder, its secret or the chats are there.
                return true;
            }
        }
        finally
        {
            await image.DisposeAsync();
        }
    }

    private static async Task<LoopImage> CutAsync(
        CrashServer server, LoopImage image, ScratchDirectory scratch, int number)
    {
        await server.FreezeAsync();
        var copy = await image.CutAsync(scratch.Path, number);
        await server.KillAsync();
        await image.DisposeAsync();
        return copy;
    }

    private static string DataOn(LoopImage image) => Path.Combine(image.Mount, "data");
}
