using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Faults;

/// <summary>What <c>deploy/local/cluster.sh</c> says of what it cannot do, and that nothing runs then.</summary>
public sealed class ScriptTests
{
    /// <summary>As a first start notes it.</summary>
    private const string NeverStarted =
        """
        NODES=2
        KAFKA=3
        CASSANDRA=1
        PARTITIONS=24
        PROGRAM=/bin/true
        LIVECHAT_SERVICES=/none
        LIVECHAT_KAFKA=''
        LIVECHAT_CASSANDRA=''
        LIVECHAT_PORT=9
        NGINX_PORT=9
        REDIS_PORT=9
        PROMETHEUS_PORT=9
        KAFKA_PORT=9
        CASSANDRA_PORT=9

        """;

    [Theory]
    [InlineData("start DIR --nodes 7", "--nodes 7 is no option: cluster.sh help lists them.")]
    [InlineData("start DIR --kafka", "--kafka needs a value.")]
    [InlineData("start DIR --program /none", "there is no /none: dotnet build src/LiveChat.Cli -c Release makes it")]
    [InlineData("start DIR --program DIR", "there is no /none/kafka: set LIVECHAT_SERVICES to the folder with it")]
    [InlineData("status DIR", "is no cluster: cluster.sh start")]
    [InlineData("stop", "stop needs a folder: cluster.sh help.")]
    [InlineData("kill DIR/none redis", "There is no folder")]
    [InlineData("restart DIR", "cluster.sh start DIR [--nodes 2|3]")]
    public async Task What_is_wrong_is_said_in_a_sentence(string arguments, string sentence)
    {
        using var scratch = new ScratchDirectory();
        var (exitCode, said) = await RunAsync(scratch, arguments);
        Assert.NotEqual(0, exitCode);
        Assert.Contains(sentence, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kill DIR kafka 4", "Say which one: kafka 1 to kafka 3.")]
    [InlineData("kill DIR kafka", "Say which one: kafka 1 to kafka 3.")]
    [InlineData("freeze DIR redis 1", "There is one redis: leave the number out.")]
    [InlineData("thaw DIR postgres", "There is no part postgres: nginx, redis, prometheus, node N, kafka N")]
    [InlineData("kill DIR", "Say which part to kill: cluster.sh help.")]
    [InlineData("kill DIR redis", "redis does not run.")]
    [InlineData("start DIR --nodes 3", "was made for something else (NODES=3")]
    public async Task A_part_that_is_not_there_is_said_in_a_sentence(string arguments, string sentence)
    {
        using var scratch = new ScratchDirectory();
        await File.WriteAllTextAsync(Path.Combine(scratch.Path, "cluster.conf"), NeverStarted);
        var (exitCode, said) = await RunAsync(scratch, arguments);
        Assert.NotEqual(0, exitCode);
        Assert.Contains(sentence, said, StringComparison.Ordinal);
        (exitCode, said) = await RunAsync(scratch, "status DIR");
        Assert.Equal(1, exitCode);
        Assert.DoesNotContain("running", said, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Said)> RunAsync(ScratchDirectory scratch, string arguments)
    {
        var script = ScriptedCluster.Script ?? throw new InvalidOperationException("There is no script.");
        var given = arguments.Replace("DIR", scratch.Path, StringComparison.Ordinal).Split(' ');
        return await Shell.TryRunAsync(
            "env",
            ["-u", "LIVECHAT_KAFKA", "-u", "LIVECHAT_CASSANDRA", "LIVECHAT_SERVICES=/none", "bash", script, .. given]);
    }
}
