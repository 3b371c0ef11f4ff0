using System.Globalization;
using Xunit;

namespace LiveChat.EndToEnd.Crash;

/// <summary>
/// Real processes and real crashes at random moments under load; after each the server starts again and everything
/// that it acknowledged is there, in one order, each once. <c>LIVECHAT_LONG=1</c> cuts the power ten times as often.
/// </summary>
public sealed class CrashTests
{
    private const int Kills = 20;
    private const int TornTails = 5;
    private const int TornBytesMax = 4096;
    private const int LoadMsMin = 100;
    private const int LoadMsMax = 1_500;

    private static readonly int Cuts = Environment.GetEnvironmentVariable("LIVECHAT_LONG") == "1" ? 200 : 20;

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_the_process_is_killed()
    {
        var random = Seeded();
        using var scratch = new ScratchDirectory();
        var data = Path.Combine(scratch.Path, "data");
        await using var server = await CrashServer.StartAsync(data, CrashServer.FreeEndpoint());
        await using var load = await Load.StartAsync(server.Endpoint, data);
        for (var kill = 1; kill <= Kills; kill++)
        {
            await CrashUnderLoadAsync(load, random, async () =>
            {
                await server.KillAsync();
                await server.StartAgainAsync(data);
            });
            Holds(await load.CheckAsync(), $"after kill {kill}");
        }

        Assert.True(load.Acknowledged > Kills);
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_the_power_is_cut()
    {
        await Requirement.LoopDeviceAsync();
        var random = Seeded();
        using var scratch = new ScratchDirectory();
        var image = await LoopImage.CreateAsync(scratch.Path);
        try
        {
            await using var server = await CrashServer.StartAsync(DataOn(image), CrashServer.FreeEndpoint());
            await using var load = await Load.StartAsync(server.Endpoint, DataOn(image));
            for (var cut = 1; cut <= Cuts; cut++)
            {
                await CrashUnderLoadAsync(load, random, async () =>
                {
                    image = await CutAsync(server, image, scratch, cut);
                    await server.StartAgainAsync(DataOn(image));
                });
                Holds(await load.CheckAsync(), $"after cut {cut}");
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
        var random = Seeded();
        using var scratch = new ScratchDirectory();
        var shim = await UnsyncedShim.BuildAsync(scratch.Path);
        for (var cut = 1; cut <= Cuts; cut++)
            if (await LosesAsync(scratch, shim, random, cut))
                return;
        Assert.Fail($"A server whose syncs do nothing lost nothing in {Cuts} cuts: the cuts prove nothing.");
    }

    [Fact]
    public async Task A_log_that_lost_its_end_is_refused_and_without_its_mark_leaves_a_first_part_of_the_order()
    {
        var random = Seeded();
        for (var torn = 1; torn <= TornTails; torn++)
        {
            using var scratch = new ScratchDirectory();
            var data = Path.Combine(scratch.Path, "data");
            await using var server = await CrashServer.StartAsync(data, CrashServer.FreeEndpoint());
            await using var load = await Load.StartAsync(server.Endpoint, data);
            await SendForAsync(load, random);
            await server.KillAsync();
            Tear(data, 1 + random.Next(TornBytesMax));
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(
                () => server.StartAgainAsync(data));
            Assert.Contains("damaged", refused.Message, StringComparison.Ordinal);

            // Without the mark, synced bytes that are gone pass for a torn tail: what was acknowledged last may be
            // gone; never what stood before it.
            File.Delete(Path.Combine(data, "log", "SYNCED"));
            await server.StartAgainAsync(data);
            var run = await load.ObserveAsync();
            foreach (var invocation in run.Invocations.Where(invocation => invocation.Attempts[0].Seq > 0))
            {
                var attempt = invocation.Attempts[0];
                var events = run.History[attempt.Chat!];
                if (attempt.Seq <= events.Count)
                    Assert.Equal(invocation.ClientId, events[(int)attempt.Seq - 1].ClientId);
            }

            foreach (var events in run.History.Values)
            {
                Assert.Equal(Enumerable.Range(1, events.Count), events.Select(seen => (int)seen.Seq));
                Assert.Equal(events.Count, events.Select(seen => seen.ClientId).Distinct().Count());
            }
        }
    }

    /// <summary>Crashes while the load sends; it stops once the server is there again, and every send has its answer.
    /// </summary>
    private static async Task CrashUnderLoadAsync(Load load, Random random, Func<Task> crash)
    {
        using var stop = new CancellationTokenSource();
        var sending = load.SendUntilAsync(stop.Token);
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(LoadMsMin, LoadMsMax)), TimeProvider.System);
        await crash();
        stop.Cancel();
        await sending;
    }

    private static async Task SendForAsync(Load load, Random random)
    {
        using var stop = new CancellationTokenSource(
            TimeSpan.FromMilliseconds(random.Next(LoadMsMin, LoadMsMax)), TimeProvider.System);
        await load.SendUntilAsync(stop.Token);
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
            await SendForAsync(load, random);
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

    private static void Tear(string data, int bytes)
    {
        var newest = new DirectoryInfo(Path.Combine(data, "log")).EnumerateFiles("*.log")
            .Where(file => char.IsAsciiDigit(file.Name[0]))
            .OrderByDescending(file => file.LastWriteTimeUtc).ThenByDescending(file => file.Name).First();
        using var stream = newest.OpenWrite();
        stream.SetLength(Math.Max(0, newest.Length - bytes));
    }

    private static string DataOn(LoopImage image) => Path.Combine(image.Mount, "data");

    private static void Holds(IReadOnlyList<string> violations, string when)
    {
        if (violations.Count > 0)
            Assert.Fail($"{when}:\n{string.Join("\n", violations)}");
    }

    private static Random Seeded()
    {
        var seed = Environment.ProcessId;
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"The moments are those of seed {seed}."));
        return new Random(seed);
    }
}
