using System.Globalization;
using LiveChat.EndToEnd.Crash;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>A server whose log is a topic of its own on real brokers, and a load on it.</summary>
internal sealed class BrokerLog : IAsyncDisposable
{
    private static int _topics;

    private readonly ScratchDirectory _scratch = new();
    private readonly Dictionary<string, string> _environment;
    private readonly Uri _inner = CrashServer.FreeEndpoint();
    private CrashServer? _server;
    private Load? _load;

    private BrokerLog(string brokers, bool isTrial)
    {
        Topic = $"chat-messages-{Environment.ProcessId}-{Interlocked.Increment(ref _topics)}";
        _environment = new Dictionary<string, string>
        {
            ["LIVECHAT__LOG__KIND"] = "Kafka",
            ["LIVECHAT__LOG__BROKERS"] = brokers,
            ["LIVECHAT__LOG__TOPIC"] = Topic,
            ["LIVECHAT__LOG__PARTITIONS"] = $"{Partitions}",
            ["LIVECHAT__LOG__SINGLEBROKER"] = $"{isTrial}",
            ["LIVECHAT__INTERNAL"] = _inner.GetLeftPart(UriPartial.Authority),
        };
    }

    public static int Partitions => 16;

    public string Topic { get; }

    public Load Load => _load ?? throw new InvalidOperationException("It was not started.");

    public CrashServer Server => _server ?? throw new InvalidOperationException("It was not started.");

    private string Data => Path.Combine(_scratch.Path, "data");

    public static Task<BrokerLog> StartAsync(string brokers, bool isTrial = false) =>
        SetUp.OrEndAsync(new BrokerLog(brokers, isTrial), static log => log.StartAsync());

    /// <summary>What happens while the load sends; behind it everything that was acknowledged is there, in one order,
    /// each once.</summary>
    public async Task UnderLoadAsync(string what, Func<Task> happens)
    {
        var before = Load.Acknowledged;
        using var stop = new CancellationTokenSource();
        var sending = Load.SendUntilAsync(stop.Token);
        await AcknowledgedAsync(before + 100);
        await happens();
        await AcknowledgedAsync(Load.Acknowledged + 100);
        await stop.CancelAsync();
        await sending;
        Crashing.Holds(await Load.CheckAsync(), $"after {what}");
    }

    public Task StartServerAgainAsync() => Server.StartAgainAsync(Data);

    /// <summary>What the server says of itself to operators.</summary>
    public async Task<string> AskAsync(string path)
    {
        using var http = new HttpClient { BaseAddress = _inner };
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>The sum of a metric over all lines that have these labels, such as <c>group="x"</c>.</summary>
    public async Task<double> MetricAsync(string name, params string[] labels)
    {
        var lines = (await AskAsync("/metrics")).Split('\n')
            .Where(line => line.StartsWith($"{name}{{", StringComparison.Ordinal)
                && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
            .ToList();
        Assert.NotEmpty(lines);
        return lines.Sum(static line => double.Parse(
            line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until it is so.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (!await isSo()) await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_load is not null) await _load.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        _scratch.Dispose();
    }

    private async Task StartAsync()
    {
        _server = await CrashServer.StartAsync(Data, CrashServer.FreeEndpoint(), _environment);
        _load = await Load.StartAsync(_server.Endpoint, Data);
    }

    private async Task AcknowledgedAsync(int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        while (Load.Acknowledged < count)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
    }
}
