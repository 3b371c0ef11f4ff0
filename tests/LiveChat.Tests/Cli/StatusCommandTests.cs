using System.Text.Json;
using LiveChat.Cli;
using LiveChat.Cli.Commands;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.Tests.Cli;

/// <summary>What <c>livechat status</c> says of a cluster, and when it ends with 1.</summary>
public sealed class StatusCommandTests
{
    private const string Node =
        """{"name":"a","roles":["gateway"],"build":"1","address":"","live":true,"sign_age":1.4,"clock_ahead_ms":20}""";

    private const string Other = """,{"name":"b","roles":["history"],"build":"1","address":"b:1",""";

    [Fact]
    public async Task A_server_that_is_alone_shows_itself_and_its_partitions()
    {
        var (server, address) = await TestServer.StartWithInternalAsync();
        await using (server)
        {
            string[] line = ["status", "--internal", address.ToString(), "--data", server.Data];
            var text = await CommandProcess.RunAsync(line);
            Assert.Equal((ExitCode.Ok, ""), (text.ExitCode, text.Errors));
            Assert.Matches(
                "^this server: answers, 0 sessions \\(gateway, delivery, history; \\d+\\.\\d+\\.\\d+[^)]*\\)\n"
                + "\\d+ partitions; none without an owner, none stopped; delivery is \\d+ records behind, "
                + "history \\d+.\n$",
                text.Output);
            var json = await CommandProcess.RunAsync([.. line, "--output", "json"]);
            using var status = JsonDocument.Parse(json.Output);
            Assert.Equal("this server", status.RootElement.GetProperty("node").GetString());
            Assert.True(StatusCommand.IsWell(status.RootElement));
        }
    }

    [Fact]
    public async Task A_server_that_is_stopped_is_said_to_be_with_what_its_folder_holds()
    {
        var (server, address) = await TestServer.StartWithInternalAsync();
        await using (server)
        {
            using (var ann = await server.ConnectAsync("ann"))
                await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" });
            Assert.Equal(0, await server.StopAsync());
            string[] line = ["status", "--internal", address.ToString(), "--data", server.Data];
            var text = await CommandProcess.RunAsync(line);
            Assert.Equal((ExitCode.Refused, ""), (text.ExitCode, text.Errors));
            Assert.Matches(
                $"^The server is stopped: no process of this user uses {server.Data}.\n"
                + "4 partitions; delivery is \\d+ records behind, history \\d+. The log has .+, history .+\n"
                + "To start it: livechat serve",
                text.Output);
            var json = await CommandProcess.RunAsync([.. line, "--output", "json"]);
            using var status = JsonDocument.Parse(json.Output);
            Assert.False(status.RootElement.GetProperty("running").GetBoolean());
        }
    }

    /// <summary>Where there is no data folder, nothing is known but that no server answers.</summary>
    [Fact]
    public async Task Without_a_folder_only_the_silence_is_said()
    {
        var nowhere = TestServer.NewFolder();
        Directory.CreateDirectory(nowhere);
        await File.WriteAllBytesAsync(
            Path.Combine(nowhere, "secret"), System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        var text = await CommandProcess.RunAsync(
            ["status", "--internal", TestServer.FreeAddress().ToString(), "--data", nowhere]);
        Assert.Equal((ExitCode.NotReachable, ""), (text.ExitCode, text.Output));
        Directory.Delete(nowhere, recursive: true);
    }

    /// <summary>While the disk is short, sends are refused: that is not well, whatever nodes and partitions say.
    /// </summary>
    [Fact]
    public void What_the_answering_node_refuses_is_said_and_is_not_well()
    {
        const string Full =
            """{"node":"a","sessions":1,"refusing":[{"state":"disk_short","reason":"No room."}],"nodes":[""";
        using var status = JsonDocument.Parse($$"""{{Full}}{{Node}}],"partitions":[]}""");
        Assert.Equal(
            ["a: answers, 1 session (gateway; 1)", "a refuses: disk_short: No room."],
            StatusCommand.Lines(status.RootElement).Take(2));
        Assert.False(StatusCommand.IsWell(status.RootElement));
    }

    [Theory]
    [InlineData("", """{"partition":0,"owners":["a"],"delivery_behind":0,"history_behind":2,"stopped":false}""",
        true, "history 2.")]
    [InlineData(
        Other + """ "live":false,"sign_age":90.2,"clock_ahead_ms":0}""",
        "", false, "b: gone: no sign for 90 s (history; 1)")]
    [InlineData(
        Other + """ "live":true,"sign_age":1,"clock_ahead_ms":-2100,"linked":false}""",
        "", false, "b: live, not linked, its clock is -2.1 s ahead (history; 1)")]
    [InlineData(
        Other + """ "live":true,"sign_age":1,"clock_ahead_ms":0,"linked":true}""",
        "", true, "b: live, linked (history; 1)")]
    [InlineData("", """{"partition":7,"owners":[],"delivery_behind":0,"history_behind":0,"stopped":false}""",
        false, "1 without an owner (7)")]
    [InlineData("", """{"partition":7,"owners":["a"],"delivery_behind":0,"history_behind":0,"stopped":true}""",
        false, "1 stopped (7)")]
    public void What_is_wrong_is_said_and_is_not_well(string others, string partitions, bool isWell, string says)
    {
        using var status = JsonDocument.Parse(
            $$"""{"node":"a","nodes":[{{Node}}{{others}}],"partitions":[{{partitions}}]}""");
        Assert.Contains(says, string.Join('\n', StatusCommand.Lines(status.RootElement)), StringComparison.Ordinal);
        Assert.Equal(isWell, StatusCommand.IsWell(status.RootElement));
    }
}
