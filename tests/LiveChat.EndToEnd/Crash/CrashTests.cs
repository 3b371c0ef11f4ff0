using Xunit;

namespace LiveChat.EndToEnd.Crash;

/// <summary>
/// Real processes and real crashes at random moments under load; after each the server starts again and everything
/// that it acknowledged is there, in one order, each once.
/// </summary>
public sealed class CrashTests
{
    private const int Kills = 20;
    private const int TornTails = 5;
    private const int TornBytesMax = 4096;

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_the_process_is_killed()
    {
        var random = Crashing.Seeded();
        using var scratch = new ScratchDirectory();
        var data = Path.Combine(scratch.Path, "data");
        await using var server = await CrashServer.StartAsync(data, CrashServer.FreeEndpoint());
        await using var load = await Load.StartAsync(server.Endpoint, data);
        for (var kill = 1; kill <= Kills; kill++)
        {
            await Crashing.UnderLoadAsync(load, random, async () =>
            {
                await server.KillAsync();
                await server.StartAgainAsync(data);
            });
            Crashing.Holds(await load.CheckAsync(), $"after kill {kill}");
        }

        Assert.True(load.Acknowledged > Kills);
    }

    [Fact]
    public async Task A_log_that_lost_its_end_is_refused_and_without_its_mark_leaves_a_first_part_of_the_order()
    {
        var random = Crashing.Seeded();
        for (var torn = 1; torn <= TornTails; torn++)
        {
            using var scratch = new ScratchDirectory();
            var data = Path.Combine(scratch.Path, "data");
            await using var server = await CrashServer.StartAsync(data, CrashServer.FreeEndpoint());
            await using var load = await Load.StartAsync(server.Endpoint, data);
            await Crashing.SendForAsync(load, random);
            await server.KillAsync();
            Tear(data, 1 + random.Next(TornBytesMax));
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(
                () => server.StartAgainAsync(data));
            Assert.Contains("damaged", refused.Message, StringComparison.Ordinal);

            // Without the mark, synced bytes that are gone pass for a torn tail: what was acknowledged last may be
            // gone; never what stood before it.
            File.Delete(Path.Combine(data, "log", "SYNCED"));
            if (await IsRefusedAsync(server, data)) continue;
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

    /// <summary>History that has what the log lost proves it, and the start is refused again.</summary>
    private static async Task<bool> IsRefusedAsync(CrashServer server, string data)
    {
        try
        {
            await server.StartAgainAsync(data);
            return false;
        }
        catch (InvalidOperationException refused)
        {
            Assert.Contains("log/ is older than history/", refused.Message, StringComparison.Ordinal);
            return true;
        }
    }

    private static void Tear(string data, int bytes)
    {
        var newest = new DirectoryInfo(Path.Combine(data, "log")).EnumerateFiles("*.log")
            .Where(file => char.IsAsciiDigit(file.Name[0]))
            .OrderByDescending(file => file.LastWriteTimeUtc).ThenByDescending(file => file.Name).First();
        using var stream = newest.OpenWrite();
        stream.SetLength(Math.Max(0, newest.Length - bytes));
    }
}
