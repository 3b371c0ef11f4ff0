using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace LiveChat.Tests.Running;

/// <summary>
/// A real cluster of a service for the tests of one fixture: the one that LIVECHAT_KAFKA or LIVECHAT_CASSANDRA names
/// (host:port, …), where one that runs will do. Otherwise the script of <c>shared/services</c> beside the checkout
/// starts one, in a temporary folder and on ports of its own, and the fixture stops it. Without either the tests are
/// skipped, and fail where LIVECHAT_REQUIRE names the service.
/// </summary>
/// <param name="service">The name of the script.</param>
/// <param name="port">The port of every node; node N listens on 127.0.0.N.</param>
/// <param name="nodes">How many nodes.</param>
/// <param name="environment">What the script is told beside the port.</param>
public abstract class ServiceCluster(
    string service, int port, int nodes, params (string Name, string Value)[] environment) : Xunit.IAsyncLifetime
{
    private readonly List<IPEndPoint> _nodes = [];
    private string? _script;

    public IReadOnlyList<IPEndPoint> Nodes => _nodes;

    /// <summary>Whether nodes can be killed, frozen and started again.</summary>
    public bool IsOwn => _script is not null;

    protected int Port => port;

    protected string Folder { get; } =
        Path.Combine(Path.GetTempPath(), $"livechat-{service}-{Environment.ProcessId}-{port}");

    /// <summary>Whether it is for tests that only <c>LIVECHAT_LONG=1</c> runs: otherwise nothing is started, and the
    /// tests are skipped.</summary>
    protected virtual bool IsForLongRuns => false;

    /// <summary>Whether a running one that is named does as well.</summary>
    protected virtual bool MayBeAnother => environment.Length == 0 && nodes == 1;

    private bool IsWanted => !IsForLongRuns || Environment.GetEnvironmentVariable("LIVECHAT_LONG") == "1";

    private string Variable => $"LIVECHAT_{service.ToUpperInvariant()}";

    public async ValueTask InitializeAsync() => await SetUp.OrEndAsync(this, static cluster => cluster.StartAsync());

    public async ValueTask DisposeAsync()
    {
        if (_script is not null) await RunAsync("stop", Folder);
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>SIGKILL.</summary>
    public Task KillAsync(int node) => RunAsync("kill", Folder, $"{node}");

    /// <summary>Starts a node again that was killed or stopped.</summary>
    public Task StartNodeAsync(int node) => RunAsync("start-node", Folder, $"{node}");

    /// <summary>SIGTERM, and an orderly end.</summary>
    public Task StopNodeAsync(int node) => RunAsync("stop", Folder, $"{node}");

    /// <summary>SIGSTOP.</summary>
    public Task FreezeAsync(int node) => RunAsync("freeze", Folder, $"{node}");

    /// <summary>SIGCONT.</summary>
    public Task ThawAsync(int node) => RunAsync("thaw", Folder, $"{node}");

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message is what it said.</exception>
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

    /// <summary>Skips the test where there is no service, or fails it.</summary>
    public void Require()
    {
        if (_nodes.Count > 0) return;
        Xunit.Assert.SkipUnless(IsWanted, "LIVECHAT_LONG=1 is not set.");
        var why = $"{Variable} is not set and there is no shared/services/{service} above this folder.";
        var required = Environment.GetEnvironmentVariable("LIVECHAT_REQUIRE")?.Split(',') ?? [];
        if (required.Contains(service)) Xunit.Assert.Fail(why);
        Xunit.Assert.Skip(why);
    }

    /// <summary>Writes into the folder what the nodes are to have before they start.</summary>
    protected virtual Task PrepareAsync() => Task.CompletedTask;

    /// <summary>Does what the nodes that serve are to have before the first test.</summary>
    protected virtual Task PreparedAsync() => Task.CompletedTask;

    protected Task RunAsync(params string[] arguments) => RunAsync(
        _script!,
        arguments,
        [($"{service.ToUpperInvariant()}_PORT", port.ToString(CultureInfo.InvariantCulture)), .. environment]);

    private async Task StartAsync()
    {
        if (!IsWanted) return;
        var named = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(named) && MayBeAnother)
        {
            _nodes.AddRange(named.Split(',').Select(static address => IPEndPoint.Parse(address.Trim())));
            return;
        }

        if (FindScript() is not { } script) return;
        _script = script;
        Directory.CreateDirectory(Folder);
        await PrepareAsync();
        await RunAsync("start", Folder, $"{nodes}");
        for (var node = 1; node <= nodes; node++) _nodes.Add(new IPEndPoint(IPAddress.Parse($"127.0.0.{node}"), port));
        await PreparedAsync();
    }

    private string? FindScript()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var shared = new DirectoryInfo(Path.Combine(folder.FullName, "shared"));

            // The scripts know their processes by their real paths.
            var real = shared.Exists ? shared.ResolveLinkTarget(returnFinalTarget: true) ?? shared : shared;
            var script = Path.Combine(real.FullName, "services", service);
            if (File.Exists(script)) return script;
        }

        return null;
    }
}
