using System.Text.Json;
using LiveChat.Cli;
using LiveChat.EndToEnd.Crash;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.EndToEnd.Commands;

/// <summary><c>livechat bench</c> against a real server, and against one that does not keep to what it promises.
/// </summary>
public sealed class BenchTests : IAsyncLifetime
{
    private readonly ScratchDirectory _folder = new();
    private readonly Uri _url = CrashServer.FreeEndpoint();
    private readonly Uri _internal = CrashServer.FreeEndpoint();
    private CrashServer? _server;

    private static readonly Dictionary<string, Func<byte[], byte[]?, IReadOnlyList<byte[]>>> Tampering = new()
    {
        ["repeats"] = static (message, _) => [message, message],
        ["alters"] = static (message, _) => [Altered(message)],
        ["loses"] = static (message, held) => held is null ? [] : [message],
        ["reorders"] = static (message, held) => held is null ? [] : [message, held],
    };

    public static TheoryData<string> Faults => [.. Tampering.Keys];

    private string Data => Path.Combine(_folder.Path, "data");

    public async ValueTask InitializeAsync() => await SetUp.OrEndAsync(this, static test => test.StartAsync());

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_server_with_a_fault_fails_however_fast_it_is(string fault)
    {
        await using var proxy = new TamperingProxy(_server!.Endpoint, Tampering[fault]);
        var (exitCode, said) = await RunAsync(
            ["pairs", "--chats", "2", "--in-flight", "8", "--seconds", "2", "--warm-up", "0", "--max-p99", "1000000"],
            proxy.Url);

        Assert.True(ExitCode.Faulty == exitCode, $"{exitCode}: {said}");
        Assert.Contains("livechat: The server did not keep to what it promises:", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pairs --chats 3 --rate 30", "messages")]
    [InlineData("group --chats 1 --members 12 --senders 3", "messages")]
    [InlineData("pull-group --chats 1 --members 60 --rate 10", "messages")]
    [InlineData("history --chats 2 --messages 250 --rate 20", "pages")]
    [InlineData("idle --sessions 40", "sessions")]
    [InlineData("storm --sessions 60", "sessions")]
    public async Task Each_scenario_measures_a_right_server_and_finds_no_fault(string line, string unit)
    {
        string[] time = line.Split(' ')[0] switch
        {
            "storm" => [],
            "idle" => ["--seconds", "2"],
            _ => ["--seconds", "2", "--warm-up", "1"],
        };
        var (exitCode, said) = await RunAsync([.. line.Split(' '), .. time, "--output", "json"], _url);

        Assert.True(ExitCode.Ok == exitCode, $"{exitCode}: {said}");
        if (unit != "sessions" || line.StartsWith("storm", StringComparison.Ordinal))
            Assert.Contains("of the load ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("left on the server", said, StringComparison.Ordinal);
        var result = JsonElement.Parse(said.Split('\n').Single(static one => one.StartsWith('{')));
        Assert.Equal(unit, result.GetProperty("unit").GetString());
        Assert.True(result.GetProperty("count").GetDouble() > 0, said);
        Assert.True(result.GetProperty("latency_ms").GetProperty("p99").GetDouble() > 0, said);
        Assert.All(
            result.GetProperty("faults").EnumerateObject(), static fault => Assert.Equal(0, fault.Value.GetInt64()));
    }

    [Fact]
    public async Task By_a_server_key_it_runs_without_the_data_folder_and_writes_over_no_report()
    {
        var key = RunningCommand.KeyIn((await AskAsync(
            ["key", "create", "bench", "--internal", Authority(_internal), "--data", Data, "--wait", "60"])).Said);
        var report = Path.Combine(_folder.Path, "report.html");
        string[] load =
        [
            "bench", "pairs", "--chats", "1", "--seconds", "1", "--warm-up", "0", "--url", Authority(_url),
            "--data", Path.Combine(_folder.Path, "nothing"), "--wait", "60",
        ];

        var (first, said) = await AskAsync([.. load, "--key", key, "--html", report]);
        Assert.True(ExitCode.Ok == first, said);
        Assert.Contains("1 chat of the load was deleted.", said, StringComparison.Ordinal);
        Assert.Contains("<svg", await File.ReadAllTextAsync(report), StringComparison.Ordinal);

        var (again, refusal) = await AskAsync([.. load, "--key", key, "--html", report]);
        Assert.Equal(ExitCode.Usage, again);
        Assert.Contains("--overwrite", refusal, StringComparison.Ordinal);
        var (over, missed) = await AskAsync(
            [.. load, "--key", key, "--html", report, "--overwrite", "--max-p50", "0.000001"]);
        Assert.True(ExitCode.ThresholdMissed == over, missed);

        var (unknown, reason) = await AskAsync([.. load, "--key", key[..^4] + "0000"]);
        Assert.Equal(ExitCode.Refused, unknown);
        Assert.Contains("The server does not know this key.", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupted_it_shows_the_figures_until_then()
    {
        await using var command = RunningCommand.Start(
            Args(["pairs", "--chats", "1", "--seconds", "600", "--warm-up", "0"], _url));
        await command.HearAsync("measuring 2 s");
        await command.SignalAsync("INT");
        var (exitCode, said) = await command.EndAsync();

        Assert.True(ExitCode.Interrupted == exitCode, $"{exitCode}: {said}");
        Assert.Contains("p99 ms", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_limits_its_users_is_said_with_what_to_set()
    {
        await _server!.DisposeAsync();
        await using var strict = await CrashServer.StartAsync(
            Data,
            _url,
            new Dictionary<string, string>
            {
                ["LIVECHAT__RATES__USERPERSECOND"] = "5",
                ["LIVECHAT__RATES__USERBURST"] = "10",
            });
        var (exitCode, said) = await RunAsync(
            ["pairs", "--chats", "1", "--seconds", "60", "--warm-up", "0"], _url);

        Assert.True(ExitCode.Refused == exitCode, $"{exitCode}: {said}");
        Assert.Contains("LiveChat:Rates:UserPerSecond", said, StringComparison.Ordinal);
    }

    private async Task StartAsync() => _server = await CrashServer.StartAsync(
        Data,
        _url,
        new Dictionary<string, string>
        {
            ["LIVECHAT__INTERNAL"] = Authority(_internal),
            ["LIVECHAT__SESSIONS__FRAMESPERSECOND"] = "1000000",
            ["LIVECHAT__SESSIONS__FRAMESBURST"] = "1000000",
        });

    private string[] Args(string[] scenario, Uri url) =>
        [
            "bench", .. scenario, "--url", Authority(url), "--internal", Authority(_internal), "--data", Data,
            "--wait", "60",
        ];

    private Task<(int ExitCode, string Said)> RunAsync(string[] scenario, Uri url) => AskAsync(Args(scenario, url));

    private static async Task<(int ExitCode, string Said)> AskAsync(string[] args)
    {
        await using var command = RunningCommand.Start(args);
        return await command.EndAsync();
    }

    /// <summary>One letter of the filling of a text is another one.</summary>
    private static byte[] Altered(byte[] message)
    {
        var altered = message.ToArray();
        altered[altered.AsSpan().IndexOf("xxxx"u8)] = (byte)'y';
        return altered;
    }

    private static string Authority(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
