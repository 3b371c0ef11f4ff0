using Confluent.Kafka;
using Confluent.Kafka.Admin;
using LiveChat.Core.Log;
using LiveChat.EndToEnd.Crash;
using LiveChat.Tests.Running;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>A server whose log is a topic of its own on real brokers, and a load on it.</summary>
internal sealed class BrokerLog : IAsyncDisposable
{
    private const string TopicVariable = "LIVECHAT__LOG__TOPIC";

    private static int _topics;

    private readonly ScratchDirectory _scratch = new();
    private readonly string _brokers;
    private readonly Dictionary<string, string> _environment;
    private readonly InnerAddress _inner = new(CrashServer.FreeEndpoint());
    private CrashServer? _server;
    private Load? _load;

    private BrokerLog(string brokers, bool isTrial, IReadOnlyDictionary<string, string>? more)
    {
        _brokers = brokers;
        _environment = Settings(brokers, isTrial);
        _environment["LIVECHAT__INTERNAL"] = _inner.Address;
        foreach (var (name, value) in more ?? new Dictionary<string, string>()) _environment[name] = value;
    }

    public static int Partitions => 16;

    public string Topic => _environment[TopicVariable];

    public Load Load => _load ?? throw new InvalidOperationException("It was not started.");

    public CrashServer Server => _server ?? throw new InvalidOperationException("It was not started.");

    private string Data => Path.Combine(_scratch.Path, "data");

    /// <summary>The environment of a server whose log is a topic of its own.</summary>
    public static Dictionary<string, string> Settings(string brokers, bool isTrial) => new()
    {
        ["LIVECHAT__LOG__KIND"] = "Kafka",
        ["LIVECHAT__LOG__BROKERS"] = brokers,
        [TopicVariable] = $"chat-messages-{Environment.ProcessId}-{Interlocked.Increment(ref _topics)}",
        ["LIVECHAT__LOG__PARTITIONS"] = $"{Partitions}",
        ["LIVECHAT__LOG__SINGLEBROKER"] = $"{isTrial}",
    };

    /// <param name="brokers">The brokers' addresses.</param>
    /// <param name="isTrial">Whether it is one broker.</param>
    /// <param name="more">What the server is told besides.</param>
    /// <param name="secrets">The folder of the secret; null for the data folder.</param>
    /// <param name="pause">How long a sender of the load rests behind each answer.</param>
    public static Task<BrokerLog> StartAsync(
        string brokers, bool isTrial = false, IReadOnlyDictionary<string, string>? more = null,
        string? secrets = null, TimeSpan pause = default) =>
        SetUp.OrEndAsync(new BrokerLog(brokers, isTrial, more), log => log.StartAsync(secrets, pause));

    /// <summary>What happens while the load sends; behind it everything that was acknowledged is there, in one order,
    /// each once.</summary>
    public Task UnderLoadAsync(string what, Func<Task> happens) => Load.HoldsDuringAsync(what, happens);

    public Task StartServerAgainAsync() => Server.StartAgainAsync(Data);

    /// <summary>A device of its own.</summary>
    public Task<TestSocket> ConnectAsync(string user, string? since = null) =>
        SmallDisk.ConnectAsync(Server, Data, user, since);

    /// <summary>Waits until all is as if nothing had happened: nothing is refused, nothing has stopped, and each group
    /// has processed and committed all of the topic.</summary>
    public async Task IsWholeAsync()
    {
        await UntilAsync(async () => await _inner.TryAskAsync("/readyz") == "ok\n");
        Assert.Equal(0, await MetricAsync("livechat_partitions_stopped"));
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _brokers }).Build();
        foreach (var group in ConsumerGroups.All)
            await UntilAsync(async () => await AssignedAsync(group) == Partitions
                && await MetricAsync("livechat_log_lag", $"group=\"{group}\"") == 0
                && await HasCommittedAllAsync(admin, Topic, group));
    }

    /// <summary>How many partitions the server has of a group.</summary>
    public Task<int> AssignedAsync(string group) => _inner.AssignedAsync(group);

    /// <summary>The server's machine is lost, and another one has nothing but the configuration.</summary>
    public async Task StartServerElsewhereAsync()
    {
        await Server.KillAsync();
        Directory.Delete(Data, recursive: true);
        await StartServerAgainAsync();
    }

    /// <summary>Waits for so many more acknowledged messages.</summary>
    public Task GoesOnAsync(int messages) => Load.GoesOnAsync(messages);

    /// <summary>What the server says of itself to operators.</summary>
    public Task<string> AskAsync(string path) => _inner.AskAsync(path);

    /// <summary>The sum of a metric over all lines that have these labels, such as <c>group="x"</c>.</summary>
    public Task<double> MetricAsync(string name, params string[] labels) => _inner.MetricAsync(name, labels);

    /// <summary>Waits until it is so.</summary>
    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (!await isSo()) await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, limit.Token);
    }

    /// <summary>Whether a group has committed the end of every partition.</summary>
    public static async Task<bool> HasCommittedAllAsync(IAdminClient admin, string topic, string group)
    {
        var partitions = Enumerable.Range(0, Partitions).Select(one => new TopicPartition(topic, one)).ToList();
        var ends = await admin.ListOffsetsAsync(
            partitions.Select(static one => new TopicPartitionOffsetSpec
            {
                TopicPartition = one, OffsetSpec = OffsetSpec.Latest(),
            }));
        var committed = await admin.ListConsumerGroupOffsetsAsync(
            [new ConsumerGroupTopicPartitions(group, partitions)]);
        var of = committed[0].Partitions.ToDictionary(static one => one.Partition, static one => one.Offset.Value);
        return ends.ResultInfos.Select(static one => one.TopicPartitionOffsetError)
            .All(end => Math.Max(of[end.Partition], 0) == end.Offset.Value);
    }

    public async ValueTask DisposeAsync()
    {
        if (_load is not null) await _load.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
        _scratch.Dispose();
    }

    private async Task StartAsync(string? secrets, TimeSpan pause)
    {
        _server = await CrashServer.StartAsync(Data, CrashServer.FreeEndpoint(), _environment);
        _load = await Load.StartAsync(_server.Endpoint, secrets ?? Data, pause);
    }
}
