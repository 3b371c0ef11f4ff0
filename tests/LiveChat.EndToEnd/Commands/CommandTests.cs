using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using LiveChat.Cli;
using LiveChat.EndToEnd.Crash;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.EndToEnd.Commands;

/// <summary>Every command of <c>livechat</c>, as a process between pipes, in every state of the world around it.
/// </summary>
public sealed partial class CommandTests : IAsyncLifetime
{
    private const string Input = "hello\n/quit\n";
    private const string WaitForServer = "60";
    private readonly ScratchDirectory _folder = new();
    private readonly Uri _url = CrashServer.FreeEndpoint();
    private readonly Uri _internal = CrashServer.FreeEndpoint();
    private readonly Uri _free = CrashServer.FreeEndpoint();
    private CrashServer? _server;

    private string Data => Path.Combine(_folder.Path, "data");

    public async ValueTask InitializeAsync() => await SetUp.OrEndAsync(this, static test => test.StartAsync());

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public Task With_input_from_a_pipe_each_does_its_work_and_ends() => OnAllAsync(
        CommandRow.All,
        async (row, command) =>
        {
            await command.TypeAsync(Input);
            if (row.RunsOn is { } sign)
            {
                await command.HearAsync(sign);
                await command.SignalAsync("INT");
            }

            return row.Done;
        });

    /// <summary>The input stays open: no command may wait for its end.</summary>
    [Fact]
    public Task Without_a_reader_each_ends_and_the_server_does_not() => OnAllAsync(
        CommandRow.All,
        async (row, command) =>
        {
            if (row.Line.StartsWith("send", StringComparison.Ordinal)) await command.TypeAsync(Input);
            if (row.NoReader == ExitCode.Ok && row.RunsOn is not null)
            {
                await UntilItAnswersAsync(_free);
                await command.SignalAsync("TERM");
            }

            return row.NoReader;
        },
        hasReader: false);

    [Fact]
    public Task Without_a_server_each_says_so_in_one_line() => OnAllAsync(
        CommandRow.All.Where(row => row.NoServer is not null),
        async (row, command) =>
        {
            await command.TypeAsync(Input);
            return row.NoServer!.Value;
        },
        hasServer: false);

    /// <summary>The server takes the connection and never answers.</summary>
    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_each_with_its_exit_code(string signal)
    {
        var key = await KeyAsync();
        foreach (var row in CommandRow.All.Where(row => row.IsInterruptible))
        {
            using var deaf = new TcpListener(IPAddress.Loopback, 0);
            deaf.Start();
            var url = new Uri($"http://{deaf.LocalEndpoint}");
            await using var command = RunningCommand.Start(Args(row, url, url, key, WaitForServer));
            using var taken = row.RunsOn == "Ready." ? null : await deaf.AcceptSocketAsync();
            if (taken is null) await command.HearAsync(row.RunsOn!);
            await command.SignalAsync(signal);
            var (exitCode, said) = await command.EndAsync();
            Assert.True(row.After(signal) == exitCode, $"livechat {row.Line}: {exitCode}\n{said}");
        }
    }

    private async Task StartAsync() => _server = await CrashServer.StartAsync(
        Data,
        _url,
        new Dictionary<string, string>
        {
            ["LIVECHAT__INTERNAL"] = Authority(_internal),

            // A busy machine takes its time to start a command.
            ["LIVECHAT__SESSIONS__CONNECTSECONDS"] = "120",
        });

    /// <summary>Runs one after the other, and names the one that ends otherwise.</summary>
    private async Task OnAllAsync(
        IEnumerable<CommandRow> rows,
        Func<CommandRow, RunningCommand, Task<int>> meet,
        bool hasReader = true,
        bool hasServer = true)
    {
        // What is read must be there, whether or not the row that writes it was first.
        await RunAsync(["send", "@bob", "hi", .. Client()]);
        var key = await KeyAsync();
        if (!hasServer) await _server!.KillAsync();
        foreach (var row in rows)
        {
            await using var command = RunningCommand.Start(
                Args(row, _url, _internal, key, hasServer ? WaitForServer : "0.1"), hasReader);
            var expected = await meet(row, command);
            var (exitCode, said) = await command.EndAsync();
            Assert.True(expected == exitCode, $"livechat {row.Line}: {exitCode} and not {expected}\n{said}");
            Assert.DoesNotMatch(TwoStops(), said);
            if (!hasServer) Assert.Matches("^livechat: [^\n]+\n$", said);
        }
    }

    private string[] Args(CommandRow row, Uri url, Uri inner, string key, string wait) =>
    [
        .. row.Line.Split(' ').Select(word => word switch
        {
            "{url}" => Authority(url),
            "{internal}" => Authority(inner),
            "{data}" => Data,
            "{key}" => key,
            "{wait}" => wait,
            "{free}" => Authority(_free),
            "{fresh}" => Path.Combine(_folder.Path, "fresh"),
            "{backups}" => Path.Combine(_folder.Path, "backups"),
            "{restored}" => Path.Combine(_folder.Path, "restored"),
            "{export}" => Path.Combine(_folder.Path, "export"),
            "{imported}" => Path.Combine(_folder.Path, "imported"),
            _ => word,
        }),
    ];

    private string[] Client() => ["--user", "ann", "--url", Authority(_url), "--data", Data, "--wait", WaitForServer];

    private async Task<string> KeyAsync()
    {
        string[] access = ["--internal", Authority(_internal), "--data", Data, "--wait", WaitForServer];
        return RunningCommand.KeyIn(await RunAsync(["key", "create", "other", .. access]));
    }

    private static async Task<string> RunAsync(string[] args)
    {
        await using var command = RunningCommand.Start(args);
        var (exitCode, said) = await command.EndAsync();
        Assert.True(exitCode == ExitCode.Ok, said);
        return said;
    }

    private static async Task UntilItAnswersAsync(Uri url)
    {
        using var http = new HttpClient();
        for (var i = 0; i < 1000; i++)
        {
            try
            {
                using var answer = await http.GetAsync(url);
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }

        Assert.Fail($"{url} does not answer.");
    }

    private static string Authority(Uri url) => url.GetLeftPart(UriPartial.Authority);

    [GeneratedRegex(@"\.\.|\.\)\.")]
    private static partial Regex TwoStops();
}
