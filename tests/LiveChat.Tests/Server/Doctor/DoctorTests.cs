using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using LiveChat.Cli;
using LiveChat.Embedded.Backups;
using LiveChat.Server;
using LiveChat.Server.Doctor;
using LiveChat.Tests.Cli;
using Xunit;

namespace LiveChat.Tests.Server.Doctor;

/// <summary>What is found beside servers and folders of every kind.</summary>
public sealed class DoctorTests
{
    private const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead;

    /// <summary>What is done to a stopped server, and what is found.</summary>
    private static readonly
        Dictionary<string, (Action<string> Break, string[] Options, FindingLevel Level, string Line)> Faults = new()
        {
            ["nothing"] = (static _ => { }, [], FindingLevel.Good, "data folder: "),
            ["no folder"] = (
                static data => Directory.Delete(data, recursive: true),
                [],
                FindingLevel.Warning,
                "data folder: There is no"),
            ["no data folder"] = (
                static data => File.Delete(Path.Combine(data, "FORMAT")), [], FindingLevel.Bad, "data folder: "),
            ["no secret"] = (
                static data => File.Delete(Path.Combine(data, "secret")), [], FindingLevel.Bad, "secret: "),
            ["a short secret"] = (
                static data => File.WriteAllText(Path.Combine(data, "secret"), "abc"),
                [],
                FindingLevel.Bad,
                "secret: The secret at "),
            ["a secret for all to read"] = (
                static data => OpenToAll(Path.Combine(data, "secret")),
                [],
                FindingLevel.Warning,
                "rights: Others on this machine can get at "),
            ["an old backup"] = (
                static data => LastBackup.Note(data, DateTimeOffset.UnixEpoch),
                [],
                FindingLevel.Warning,
                "backup: The last backup is of 1970-01-01 00:00 UTC."),
            ["a full disk"] = (
                static _ => { }, ["--LiveChat:ReserveBytes=9000000000000000000"], FindingLevel.Bad, "disk: "),
            ["too many connections"] = (
                static _ => { },
                ["--LiveChat:Sessions:ConnectionsMax=1000000"],
                FindingLevel.Warning,
                "open files: A server started here may open "),
            ["an option that is none"] = (
                static _ => { },
                ["--LiveChat:Sesions:Max=1"],
                FindingLevel.Bad,
                "configuration: There is no option LiveChat:Sesions"),
            ["development"] = (
                static _ => { }, ["--dev"], FindingLevel.Warning, "configuration: Development mode is on"),
            ["another option"] = (
                static _ => { },
                ["--LiveChat:Rates:UserBurst=77"],
                FindingLevel.Good,
                "configuration: Set here: Data, Listen, Rates:UserBurst."),
        };

    public static TheoryData<string> Rows => new(Faults.Keys);

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_fault_of_a_stopped_server_is_found_and_no_other(string fault)
    {
        var (spoil, options, level, line) = Faults[fault];
        await using var server = await TestServer.StartAsync(TestServer.NewFolder());
        await server.StopAsync();
        spoil(server.Data);

        var findings = await ExamineAsync(["--data", server.Data, "--listen", "http://127.0.0.1:0", .. options]);

        var found = Assert.Single(
            findings, finding => $"{finding.Name}: {finding.Found}".StartsWith(line, StringComparison.Ordinal));
        Assert.Equal(level, found.Level);
        Assert.Equal(level is FindingLevel.Good, found.Advice is null);
        Assert.DoesNotContain(
            findings, other => other != found && other.Level is not FindingLevel.Good && !IsOfTheMachine(other));
    }

    [Fact]
    public async Task An_address_that_another_program_has_is_found()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";

        var findings = await ExamineAsync(["--data", TestServer.NewFolder(), "--listen", address]);

        Assert.Equal(FindingLevel.Bad, Assert.Single(findings, one => one.Name == $"address {address}").Level);
    }

    [Theory]
    [InlineData(0, "", ExitCode.Ok, "ok    server: The server runs and takes sessions.")]
    [InlineData(9_000_000_000_000_000_000, "", ExitCode.Refused, "bad   disk_short: The disk of the data folder")]
    [InlineData(
        0, "none", ExitCode.Ok,
        "warn  server: The server runs, and its address for health and metrics is not known here.")]
    [InlineData(0, "other", ExitCode.Refused, "bad   server: A process uses the data folder, and nobody answers at ")]
    public async Task A_running_server_is_asked(long reserve, string inner, int code, string line)
    {
        var (server, address) = await TestServer.StartWithInternalAsync($"--LiveChat:ReserveBytes={reserve}");
        await using (server)
        {
            string[] named = inner switch
            {
                "none" => [],
                "other" => ["--internal", TestServer.FreeAddress().ToString()],
                _ => ["--internal", address.ToString()],
            };
            var done = await CommandProcess.RunAsync(["doctor", "--data", server.Data, .. named]);
            Assert.Contains(done.Output.Split('\n'), said => said.StartsWith(line, StringComparison.Ordinal));
            Assert.Equal((code, ""), (done.ExitCode, done.Errors));
        }
    }

    [Fact]
    public async Task A_program_reads_an_object_a_line()
    {
        var done = await CommandProcess.RunAsync(
            ["doctor", "--output", "json", "--data", TestServer.NewFolder(), "--listen", "http://127.0.0.1:0"]);

        var lines = done.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, static line =>
        {
            using var finding = JsonDocument.Parse(line);
            Assert.Contains(finding.RootElement.GetProperty("level").GetString(), (string[])["ok", "warn", "bad"]);
            Assert.NotEmpty(finding.RootElement.GetProperty("name").GetString()!);
            Assert.NotEmpty(finding.RootElement.GetProperty("found").GetString()!);
        });
        Assert.True(lines.Length > 5, done.Output);
    }

    private static void OpenToAll(string file)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, ForAll);
    }

    private static Task<IReadOnlyList<Finding>> ExamineAsync(string[] args) =>
        LiveChatServer.ExamineAsync(args, TestContext.Current.CancellationToken);

    /// <summary>Where the tests run, the clock, the disk and the limits are what they are.</summary>
    private static bool IsOfTheMachine(Finding finding) => finding.Name is "clock" or "disk" or "open files";
}
