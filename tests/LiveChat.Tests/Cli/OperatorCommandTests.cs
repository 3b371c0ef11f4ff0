using System.Diagnostics;
using System.Text;
using System.Text.Json;
using LiveChat.Cli;
using LiveChat.Tests.Server;
using LiveChat.Tests.Server.Api;
using Xunit;

namespace LiveChat.Tests.Cli;

/// <summary>The commands of an operator, as processes: what they print, and where.</summary>
public sealed class OperatorCommandTests
{
    /// <summary>Where the command was built: beside these tests are packages of other versions than its own.</summary>
    private static readonly string Command = Path.Combine(
        AppContext.BaseDirectory.Replace("tests/LiveChat.Tests", "src/LiveChat.Cli", StringComparison.Ordinal),
        "livechat.dll");

    [Fact]
    public async Task A_key_is_made_shown_in_the_list_and_revoked_by_commands()
    {
        var (server, address) = await TestServer.StartWithInternalAsync();
        await using (server)
        {
            string[] access = ["--internal", address.ToString(), "--data", server.Data];
            var made = await RunAsync(["key", "create", "my-backend", .. access]);
            Assert.Equal(ExitCode.Ok, made.ExitCode);
            var key = made.Output.Trim();
            using var backend = new ApiClient(server.Url, key);
            await backend.DoneAsync("PUT", "/v1/users/ann", "{}");
            Assert.Contains(key[..20], made.Errors, StringComparison.Ordinal);

            var list = await RunAsync(["key", "list", .. access]);
            Assert.Matches("^lcs_[0-9a-f]{16}  made [^ ]+Z  used [^ ]+Z  my-backend\n$", list.Output);
            Assert.Equal(ExitCode.Ok, (await RunAsync(["key", "revoke", key[..20], .. access])).ExitCode);
            Assert.Equal("unauthorized", (await backend.SendAsync("GET", "/v1/users/ann")).Code);
            var unknown = await RunAsync(["key", "revoke", "lcs_0000000000000000", .. access]);
            Assert.Equal(ExitCode.Refused, unknown.ExitCode);
            Assert.Contains("no such key", unknown.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_token_is_for_the_issuer_and_the_audience_that_are_configured()
    {
        var folder = TestServer.NewFolder();
        try
        {
            string[] line = ["token", "--user", "ann", "--data", folder];
            var token = await RunAsync(
                line, ("LIVECHAT__TOKENS__ISSUER", "my-app"), ("LIVECHAT__TOKENS__AUDIENCE", "my-chat"));
            var payload = token.Output.Split('.')[1].Replace('-', '+').Replace('_', '/');
            using var claims = JsonDocument.Parse(Convert.FromBase64String(
                payload.PadRight((payload.Length + 3) / 4 * 4, '=')));
            Assert.Equal("my-app", claims.RootElement.GetProperty("iss").GetString());
            Assert.Equal("my-chat", claims.RootElement.GetProperty("aud").GetString());

            var refused = await RunAsync(line, ("LIVECHAT__TOKENS__KEYSURL", "https://keys.example/jwks"));
            Assert.Equal((ExitCode.Usage, ""), (refused.ExitCode, refused.Output));
            Assert.Contains("KeysUrl", refused.Errors, StringComparison.Ordinal);
        }
        finally
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string[] args, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [Command, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output, await errors);
    }
}
