using System.Diagnostics;
using LiveChat.Tests.Running;

namespace LiveChat.Cluster.Tests.Log;

/// <summary>
/// Real brokers, started by the script beside the checkout in a temporary folder and on a port of their own, and
/// stopped at the end. Where there is no script, tests are skipped, unless LIVECHAT_REQUIRE asks for kafka.
/// </summary>
public abstract class KafkaBrokers(int port, int nodes) : IAsyncLifetime
{
    private readonly string _folder =
        Path.Combine(Path.GetTempPath(), $"livechat-kafka-{Environment.ProcessId}-{port}");

    private string? _script;

    /// <summary>The brokers' addresses. Skips the test where there are none.</summary>
    public string Addresses
    {
        get
        {
            if (_script is not null)
                return string.Join(',', Enumerable.Range(1, nodes).Select(node => $"127.0.0.{node}:{port}"));
            const string Why = "There is no shared/services/kafka above this folder.";
            var required = Environment.GetEnvironmentVariable("LIVECHAT_REQUIRE")?.Split(',') ?? [];
            if (required.Contains("kafka")) Assert.Fail(Why);
            Assert.Skip(Why);
            throw new InvalidOperationException(Why);
        }
    }

    public async ValueTask InitializeAsync() => await SetUp.OrEndAsync(this, static brokers => brokers.StartAsync());

    public async ValueTask DisposeAsync()
    {
        if (_script is not null) await RunAsync(_script, "stop", _folder);
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    public Task KillAsync(int node) => RunAsync(_script!, "kill", _folder, $"{node}");

    public Task StartNodeAsync(int node) => RunAsync(_script!, "start-node", _folder, $"{node}");

    public Task FreezeAsync(int node) => RunAsync(_script!, "freeze", _folder, $"{node}");

    public Task ThawAsync(int node) => RunAsync(_script!, "thaw", _folder, $"{node}");

    private async Task StartAsync()
    {
        _script = FindScript();
        if (_script is null) return;
        Directory.CreateDirectory(_folder);
        await RunAsync(_script, "start", _folder, $"{nodes}");
    }

    private async Task RunAsync(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(script, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["KAFKA_PORT"] = $"{port}";
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{script} did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException(
                $"{script} {string.Join(' ', arguments)}: {await output}{await errors}");
    }

    private static string? FindScript()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var script = Path.Combine(folder.FullName, "shared", "services", "kafka");
            if (File.Exists(script)) return script;
        }

        return null;
    }
}

/// <summary>One broker, for everything that needs no second one.</summary>
public sealed class OneBroker() : KafkaBrokers(9192, 1);
