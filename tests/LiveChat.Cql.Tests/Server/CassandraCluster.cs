using System.Diagnostics;
using System.Net;
using LiveChat.Tests.Running;

namespace LiveChat.Cql.Tests.Server;

/// <summary>
/// A real Cassandra for the tests of one collection: that which LIVECHAT_CASSANDRA names (host:port, …), otherwise one
/// started by the script beside the checkout in a temporary directory and on ports of its own, and stopped at the end.
/// Where there is neither, tests are skipped, unless LIVECHAT_REQUIRE asks for cassandra.
/// </summary>
public abstract class CassandraCluster(int port, int nodeCount, params (string Name, string Value)[] environment)
    : IAsyncLifetime
{
    private readonly string _directory =
        Path.Combine(Path.GetTempPath(), $"livechat-cql-{Environment.ProcessId}-{port}");

    private readonly List<EndPoint> _nodes = [];
    private string? _script;
    private string? _unavailable;

    public IReadOnlyList<EndPoint> Nodes => _nodes;

    /// <summary>Whether nodes can be killed, frozen and started again.</summary>
    public bool IsOwn => _script is not null;

    protected string Directory => _directory;

    /// <summary>Whether a running one that is named does as well.</summary>
    protected virtual bool MayBeAnother => environment.Length == 0 && nodeCount == 1;

    public async ValueTask InitializeAsync() => await SetUp.OrEndAsync(this, static cluster => cluster.StartAsync());

    public async ValueTask DisposeAsync()
    {
        if (_script is not null)
        {
            await RunAsync("stop", _directory);
            System.IO.Directory.Delete(_directory, recursive: true);
        }

        GC.SuppressFinalize(this);
    }

    public Task KillAsync(int node) => RunAsync("kill", _directory, $"{node}");

    public Task StartNodeAsync(int node) => RunAsync("start-node", _directory, $"{node}");

    public Task FreezeAsync(int node) => RunAsync("freeze", _directory, $"{node}");

    public Task ThawAsync(int node) => RunAsync("thaw", _directory, $"{node}");

    /// <summary>Options with all nodes as contact points. Skips the test where there is no server.</summary>
    public CqlOptions Options()
    {
        if (_unavailable is not null)
        {
            var isRequired = Environment.GetEnvironmentVariable("LIVECHAT_REQUIRE")?
                .Split(',').Contains("cassandra") ?? false;
            if (isRequired) Assert.Fail(_unavailable);
            Assert.Skip(_unavailable);
        }

        var options = new CqlOptions();
        foreach (var node in _nodes) options.ContactPoints.Add(node);
        Configure(options);
        return options;
    }

    protected virtual void Configure(CqlOptions options)
    {
    }

    protected virtual Task PrepareAsync() => Task.CompletedTask;

    private async Task StartAsync()
    {
        var named = Environment.GetEnvironmentVariable("LIVECHAT_CASSANDRA");
        if (!string.IsNullOrEmpty(named) && MayBeAnother)
        {
            _nodes.AddRange(named.Split(',').Select(address => IPEndPoint.Parse(address.Trim())));
            return;
        }

        if (FindScript() is not { } script)
        {
            _unavailable = "LIVECHAT_CASSANDRA is not set and there is no shared/services/cassandra above this folder.";
            return;
        }

        _script = script;
        System.IO.Directory.CreateDirectory(_directory);
        await PrepareAsync();
        await RunAsync("start", _directory, $"{nodeCount}");
        for (var node = 1; node <= nodeCount; node++)
        {
            _nodes.Add(new IPEndPoint(IPAddress.Parse($"127.0.0.{node}"), port));
        }
    }

    internal static async Task RunAsync(string file, string[] arguments, (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in variables) start.Environment[name] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{file} {string.Join(' ', arguments)}: {await output}{await errors}");
    }

    private static string? FindScript()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var script = Path.Combine(folder.FullName, "shared", "services", "cassandra");
            if (File.Exists(script)) return script;
        }

        return null;
    }

    protected Task RunAsync(params string[] arguments) =>
        RunAsync(_script!, arguments, [("CASSANDRA_PORT", $"{port}"), .. environment]);
}
