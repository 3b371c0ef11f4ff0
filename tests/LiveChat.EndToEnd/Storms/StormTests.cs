using LiveChat.EndToEnd.Crash;
using LiveChat.Loads.Sockets;
using LiveChat.Loads.Storms;
using LiveChat.Server;
using Xunit;

namespace LiveChat.EndToEnd.Storms;

/// <summary>Sessions that are all cut at once.</summary>
public sealed class StormTests
{
    private const int Sessions = 8_000;
    private const int SessionsMin = 500;

    /// <summary>At the rate at which a server takes connections all come back, and nothing that was said meanwhile is
    /// lost. The test and the server have a file for each session.</summary>
    [Fact]
    public async Task Thousands_of_sessions_that_are_cut_at_once_all_come_back_and_miss_nothing()
    {
        var sessions = Requirement.IsLong ? Sessions : SessionsMin;
        using var scratch = new ScratchDirectory();
        var data = Path.Combine(scratch.Path, "data");
        await using var server = await CrashServer.StartAsync(
            data,
            CrashServer.FreeEndpoint(),
            new Dictionary<string, string>
            {
                // In the short run as many are refused as in the long one, by its share.
                ["LIVECHAT__CONNECTIONS__OPENSPERSECOND"] = $"{sessions / 8}",
                ["LIVECHAT__CONNECTIONS__OPENSBURST"] = $"{sessions / 2}",
            });
        var users = new LoadSessions(
            server.Endpoint,
            (user, _) => ValueTask.FromResult(LiveChatServer.MintToken(data, user, TimeSpan.FromHours(1))),
            TimeProvider.System);
        var load = new StormLoad(users, "storm", TimeProvider.System);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(15));
        var result = await load.RunAsync(sessions, static _ => { }, limit.Token);
        TestContext.Current.TestOutputHelper?.WriteLine($"{result}");
        Assert.Equal((0, 0), (result.Lost, result.Repeated));
        Assert.NotEqual(0, result.Refused);
    }
}
