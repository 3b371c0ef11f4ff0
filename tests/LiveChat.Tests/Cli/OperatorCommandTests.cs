using System.Text.Json;
using LiveChat.Cli;
using LiveChat.Tests.Server;
using LiveChat.Tests.Server.Api;
using Xunit;

namespace LiveChat.Tests.Cli;

/// <summary>The commands of an operator, as processes: what they print, and where.</summary>
public sealed class OperatorCommandTests
{
    [Fact]
    public async Task A_key_is_made_shown_in_the_list_and_revoked_by_commands()
    {
        var (server, address) = await TestServer.StartWithInternalAsync();
        await using (server)
        {
            string[] access = ["--internal", address.ToString(), "--data", server.Data];
            var made = await CommandProcess.RunAsync(["key", "create", "my-backend", .. access]);
            Assert.Equal(ExitCode.Ok, made.ExitCode);
            var key = made.Output.Trim();
            using var backend = new ApiClient(server.Url, key);
            await backend.DoneAsync("PUT", "/v1/users/ann", "{}");
            Assert.Contains(key[..20], made.Errors, StringComparison.Ordinal);

            var misnamed = await CommandProcess.RunAsync(["key", "create", "bad name", .. access]);
            Assert.Equal(
                "livechat: The server refused it: A field breaks a rule: /name (id). (validation_failed)\n",
                misnamed.Errors);

            var list = await CommandProcess.RunAsync(["key", "list", .. access]);
            Assert.Matches("^lcs_[0-9a-f]{16}  made [^ ]+Z  used [^ ]+Z  my-backend\n$", list.Output);
            var revoked = await CommandProcess.RunAsync(["key", "revoke", key[..20], .. access]);
            Assert.Equal(ExitCode.Ok, revoked.ExitCode);
            Assert.Equal("unauthorized", (await backend.SendAsync("GET", "/v1/users/ann")).Code);
            var unknown = await CommandProcess.RunAsync(["key", "revoke", "lcs_0000000000000000", .. access]);
            Assert.Equal(ExitCode.Refused, unknown.ExitCode);
            Assert.Contains("no such key", unknown.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_token_is_for_the_issuer_and_the_audience_that_are_configured()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder());
        string[] line = ["token", "--user", "ann", "--data", server.Data];
        var token = await CommandProcess.RunAsync(
            line, "", ("LIVECHAT__TOKENS__ISSUER", "my-app"), ("LIVECHAT__TOKENS__AUDIENCE", "my-chat"));
        var payload = token.Output.Split('.')[1].Replace('-', '+').Replace('_', '/');
        using var claims = JsonDocument.Parse(Convert.FromBase64String(
            payload.PadRight((payload.Length + 3) / 4 * 4, '=')));
        Assert.Equal("my-app", claims.RootElement.GetProperty("iss").GetString());
        Assert.Equal("my-chat", claims.RootElement.GetProperty("aud").GetString());

        var refused = await CommandProcess.RunAsync(
            line, "", ("LIVECHAT__TOKENS__KEYSURL", "https://keys.example/jwks"));
        Assert.Equal((ExitCode.Usage, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("KeysUrl", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_folder_named_the_configured_one_is_used_and_none_is_ever_made()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder());
        var token = await CommandProcess.RunAsync(["token", "--user", "ann"], "", ("LIVECHAT__DATA", server.Data));
        using var ann = new ApiClient(server.Url, token.Output.Trim());
        await ann.DoneAsync("GET", "/v1/chats");

        var nowhere = TestServer.NewFolder();
        string[][] commands =
        [
            ["token", "--user", "ann"], ["send", "--user", "ann", "@bob", "hi"], ["key", "list"],
        ];
        foreach (var command in commands)
        {
            var refused = await CommandProcess.RunAsync([.. command, "--data", nowhere]);
            Assert.Equal((ExitCode.Usage, ""), (refused.ExitCode, refused.Output));
            Assert.Equal(
                $"livechat: There is no data folder at {nowhere} that you may read: name the server's with --data.\n",
                refused.Errors);
        }

        Assert.False(Path.Exists(nowhere));
    }
}
