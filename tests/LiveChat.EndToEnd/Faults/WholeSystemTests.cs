using LiveChat.Cli;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Commands;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Faults;

/// <summary>The whole system as its users and its operator have it: through NGINX, by the command.</summary>
[Collection(nameof(ScriptedCluster))]
public sealed class WholeSystemTests(ScriptedCluster cluster)
{
    private const string State = "route_ignored";

    [Fact]
    public async Task Users_chat_through_NGINX_with_TLS_and_doctor_finds_nothing_that_is_bad()
    {
        await cluster.RequireAsync();
        await cluster.GoOnAsync();
        await cluster.IsWellAsync();
        Assert.Equal(ExitCode.Ok, (await SendAsync(cluster.SecureNginx, "over TLS")).ExitCode);
        var (exitCode, said) = await AsAsync("bob", "history", "@ann", cluster.SecureNginx);
        Assert.Equal(ExitCode.Ok, exitCode);
        Assert.Contains("over TLS", said, StringComparison.Ordinal);

        (exitCode, said) = await DoctorAsync();
        Assert.True(exitCode == ExitCode.Ok, said);
        Assert.Contains("ok    nodes link node-3:", said, StringComparison.Ordinal);
        Assert.DoesNotContain(State, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_NGINX_that_ignores_the_route_is_said_by_doctor_and_in_the_log_and_chat_goes_on()
    {
        await cluster.RequireAsync();
        await cluster.GoOnAsync();
        await cluster.IsWellAsync();
        var site = Path.Combine(cluster.Folder, "nginx", "livechat.http");
        var shipped = await File.ReadAllTextAsync(site);
        try
        {
            // As a site that somebody wrote from memory: by turns, and it says nothing of the route.
            await WriteAsync(shipped
                .Replace("hash $livechat_route consistent;", "", StringComparison.Ordinal)
                .Replace("default $arg_route;", "default '';", StringComparison.Ordinal));
            await BrokerLog.UntilAsync(async () =>
            {
                Assert.Equal(ExitCode.Ok, (await SendAsync(cluster.Nginx, "by turns")).ExitCode);
                var said = await cluster.InnerOf(1).AskAsync("/readyz");
                return said.Contains($"\n{State}: ", StringComparison.Ordinal);
            });
            Assert.Contains(
                $"bad   {State}: The proxy does not choose", (await DoctorAsync()).Said, StringComparison.Ordinal);
            Assert.Contains(
                $"{State} begins: The proxy does not choose",
                await File.ReadAllTextAsync(Path.Combine(cluster.Folder, "node-1", "out.log")),
                StringComparison.Ordinal);
        }
        finally
        {
            await WriteAsync(shipped);

            // The state lasts for ten minutes, or until a restart.
            foreach (var node in (string[])["node 1", "node 2"])
            {
                await cluster.StopAsync(node);
                await cluster.StartAsync(node);
            }
        }

        await cluster.IsWellAsync();

        async Task WriteAsync(string text)
        {
            await File.WriteAllTextAsync(site, text);
            var process = await File.ReadAllTextAsync(Path.Combine(cluster.Folder, "nginx", "pid"));
            await Shell.RunAsync("kill", "-HUP", process.Trim());
        }
    }

    private Task<(int ExitCode, string Said)> SendAsync(Uri url, string text) =>
        AsAsync("ann", "send", "@bob", url, text);

    private async Task<(int ExitCode, string Said)> AsAsync(
        string user, string command, string chat, Uri url, params string[] more)
    {
        await using var running = RunningCommand.Start(
            [
                command, chat, .. more, "--user", user, "--data", cluster.Folder, "--url", $"{url}", "--wait", "120",
            ],
            environment: new Dictionary<string, string> { ["SSL_CERT_FILE"] = cluster.Certificate });
        return await running.EndAsync();
    }

    /// <summary>As the operator runs it, where the server was started and with its environment.</summary>
    private async Task<(int ExitCode, string Said)> DoctorAsync()
    {
        var folder = Path.Combine(cluster.Folder, "node-1");
        var process = (await File.ReadAllTextAsync(Path.Combine(folder, "pid"))).Trim();
        return await Shell.TryRunAsync(
            "bash",
            "-c",
            $"cd {folder} && exec env $(tr '\\0' '\\n' < /proc/{process}/environ | grep ^LIVECHAT__) "
            + $"dotnet {CrashServer.ThisBuild} doctor --profile cluster");
    }
}
