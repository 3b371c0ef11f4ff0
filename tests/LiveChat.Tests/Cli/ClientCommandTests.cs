using System.Text.Json;
using LiveChat.Cli;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Tokens;
using LiveChat.Tests.Server;
using LiveChat.Tests.Server.Api;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Cli;

/// <summary>The commands of a user, as processes.</summary>
public sealed class ClientCommandTests : IAsyncLifetime
{
    private TestServer? _server;

    private TestServer Server => _server!;

    /// <summary>A busy machine takes its time to start a command.</summary>
    public async ValueTask InitializeAsync() =>
        _server = await TestServer.StartAsync(TestServer.NewFolder(), "--LiveChat:Sessions:ConnectSeconds=120");

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    [Fact]
    public async Task A_line_that_is_too_large_is_named_and_the_next_one_is_sent()
    {
        var sent = await RunAsync("ann", $"one\n{new string('x', 70_000)}\nthree\n", "send", "@bob");

        Assert.Equal(ExitCode.Refused, sent.ExitCode);
        Assert.Matches("^[0-9]+ #2\n[0-9]+ #3\n$", sent.Output);
        Assert.Matches(
            "^livechat: line 2 was not sent: The frame would have 70[0-9]{3} bytes; the server takes 65536. "
            + "\\(payload_too_large\\)\n$",
            sent.Errors);
    }

    [Fact]
    public async Task A_message_that_is_sent_twice_under_one_key_is_there_once()
    {
        string[] line = ["send", "@bob", "pay 10", "--client-id", "019aa7a0-0000-7000-8000-000000000001"];
        var first = await RunAsync("ann", "", line);
        Assert.Equal((ExitCode.Ok, ""), (first.ExitCode, first.Errors));
        Assert.Matches("^[0-9]+ #2\n$", first.Output);
        Assert.Equal(first, await RunAsync("ann", "", line));
    }

    [Fact]
    public async Task A_refusal_says_which_field_breaks_which_rule()
    {
        var self = await RunAsync("ann", "", "send", "@ann", "hi");
        Assert.Equal(ExitCode.Refused, self.ExitCode);
        Assert.Contains("A field breaks a rule: /direct (", self.Errors, StringComparison.Ordinal);

        var before = await RunAsync("ann", "", "history", "7301", "--before", "-3");
        Assert.Equal(ExitCode.Refused, before.ExitCode);
        Assert.Contains("A field breaks a rule: /before_seq (", before.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reading_makes_no_chat()
    {
        foreach (var command in (string[])["history", "tail"])
        {
            var read = await RunAsync("ann", "", command, "@zed");
            Assert.Equal(
                (ExitCode.Refused, "", "livechat: There is no chat with zed.\n"),
                (read.ExitCode, read.Output, read.Errors));
        }

        using var ann = new ApiClient(Server.Url, Server.Token("ann"));
        Assert.Empty((await ann.DoneAsync("GET", "/v1/chats")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task A_token_that_is_given_and_not_taken_ends_every_command_with_the_reason()
    {
        var past = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(-1));
        var expired = new JwtTokens(TokenSecret.Read(Server.Data), new TokenOptions(), past)
            .Mint(UserId.Parse("ann"), TimeSpan.FromMinutes(1));
        (string Token, string Reason)[] tokens = [(expired, "The token expired."), ("x", "There is no valid token.")];
        string[][] commands = [["send", "@bob", "hi"], ["tail"], ["history", "@bob"], ["chats"], ["chat"]];
        foreach (var (token, reason) in tokens)
        {
            foreach (var command in commands)
            {
                var refused = await CommandProcess.RunAsync(
                    [.. command, "--wait", "60", "--url", Server.Url.ToString()], "", ("LIVECHAT_TOKEN", token));
                Assert.Equal(
                    (ExitCode.Refused, "", $"livechat: The server does not take this connection: {reason}\n"),
                    (refused.ExitCode, refused.Output, refused.Errors));
            }
        }
    }

    [Fact]
    public async Task The_chats_are_listed_the_latest_first_as_lines_or_as_objects()
    {
        await RunAsync("ann", "", "send", "@bob", "hi");
        await RunAsync("cid", "", "send", "@ann", "hello");
        var lines = await RunAsync("ann", "", "chats");
        Assert.Equal((ExitCode.Ok, ""), (lines.ExitCode, lines.Errors));
        Assert.Matches("^[0-9]+  [0-9 :-]{19}  cid \\(1 unread\\)\n[0-9]+  [0-9 :-]{19}  bob\n$", lines.Output);

        var objects = await RunAsync("ann", "", "chats", "--output", "json", "--limit", "1");
        using var chat = JsonDocument.Parse(Assert.Single(objects.Output.TrimEnd('\n').Split('\n')));
        Assert.Equal("cid", chat.RootElement.GetProperty("with").GetString());
    }

    [Fact]
    public async Task Whoever_can_be_nobody_is_told_at_once()
    {
        var nobody = await RunAsync("a b", "", "tail");
        Assert.Equal((ExitCode.Usage, ""), (nobody.ExitCode, nobody.Output));
        Assert.StartsWith("livechat: A user id has 1 to 64 characters", nobody.Errors, StringComparison.Ordinal);
    }

    /// <summary>At the address that the server prints.</summary>
    private Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string user, string input, params string[] line) =>
        CommandProcess.RunAsync(
            [
                .. line, "--url", $"ws://{Server.Url.Authority}/v1/realtime", "--wait", "60",
                "--user", user, "--data", Server.Data,
            ],
            input);
}
