using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using LiveChat.Client;
using LiveChat.Core.Ids;
using LiveChat.Core.Ingest;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Embedded.Log;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using LiveChat.Tests.Server;
using LiveChat.Tests.Sessions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Nodes;

/// <summary>Every state in which the node refuses something is told to the operator, when it begins and when it ends,
/// and its reason to the client.</summary>
public sealed class StateWatchTests : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly OffsetTime _idTime;
    private readonly LineCollector _lines = new();
    private bool _isShort;
    private TestNode _node = null!;
    private string _chat = "";
    private TestDevice _ann = null!;

    private static readonly Dictionary<string, Way> Ways = new()
    {
        ["failed"] = new(
            static test => test._node.Log.Break(),
            null,
            static test => new ChatsGet(),
            ErrorCode.Unavailable),
        ["draining"] = new(
            static test => _ = test._node.Node.DrainAsync(default),
            null,
            static test => test.Message(),
            ErrorCode.Draining),
        ["partition_stopped"] = new(
            static test => test.AppendUnknown(),
            null,
            static test => test.Message(),
            ErrorCode.Unavailable),
        ["store_away"] = new(
            static test =>
            {
                test._node.History.IsAway = true;
                _ = test._ann.SendAsync(test.Message());
            },
            static test => test._node.History.IsAway = false,
            static test => new HistoryGet { Chat = test._chat, MinSeq = 3 },
            ErrorCode.Unavailable),
        ["log_away"] = new(
            static test => test._node.Log.IsAway = true,
            static test => test._node.Log.IsAway = false,
            static test => test.Message(),
            ErrorCode.Unavailable),
        ["clock_off"] = new(
            static test => test._idTime.Offset = TimeSpan.FromHours(-1),
            static test => test._idTime.Offset = TimeSpan.Zero,
            static test => test.Message(),
            ErrorCode.Unavailable),
        ["commands_full"] = new(
            static test =>
            {
                test._node.Log.IsSilent = true;
                for (var i = 0; i < 3; i++) _ = test._ann.SendAsync(test.Message() with { Id = 900 });
            },
            static test =>
            {
                test._node.Log.IsSilent = false;
                test._time.Advance(TimeSpan.FromSeconds(40));
            },
            static test => test.Message(),
            ErrorCode.Unavailable),
        ["of_a_port"] = new(
            static test => test._isShort = test._node.Log.IsFull = true,
            static test => test._isShort = false,
            static test => test.Message(),
            ErrorCode.Unavailable),
    };

    public StateWatchTests() => _idTime = new OffsetTime(_time);

    public static TheoryData<string> Names => [.. Ways.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_state_is_told_when_it_begins_and_when_it_ends_and_clients_are_told_why(string name)
    {
        var way = Ways[name];
        await StartAsync();
        Assert.Equal(Ways.Keys.Order(), _node.Node.States.Names.Order()); // A new state needs a row of the table.
        Assert.Empty(_node.Node.States.Current);
        Assert.Equal(0, Gauge(name));

        way.Begin(this);
        await UntilAsync(() => Warnings($"{name} begins") == 1);
        Assert.False(name != "failed" && _node.Node.Completion.IsFaulted, $"{_node.Node.Completion.Exception}");
        var (current, reason) = Assert.Single(_node.Node.States.Current);
        Assert.Equal((name, 1), (current, Gauge(name)));
        Assert.NotEmpty(reason);
        var problem = Assert.IsType<ErrorFrame>(await AskAsync(way.Ask(this))).Problem;
        Assert.Equal((way.Code, true), (problem.Code, problem.Retryable));
        Assert.NotEmpty(problem.Detail ?? problem.Title);

        if (way.End is null) return;
        way.End(this);
        await UntilAsync(() => Warnings($"{name} has ended") == 1);
        Assert.Empty(_node.Node.States.Current);
        Assert.Equal((0, 1), (Gauge(name), Warnings($"{name} begins")));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_application_on_the_sdk_is_told_why_it_waits(string name)
    {
        var way = Ways[name];
        await StartAsync();
        var client = new LiveChatClient(
            new LiveChatClientOptions
            {
                Endpoint = new Uri("http://node"),
                TokenProvider = static _ => ValueTask.FromResult("ann"),
                Time = _time,
                Random = new Random(1),
            },
            (_, _) => ValueTask.FromResult(_node.OpenTransport()));
        using var patience = new CancellationTokenSource();
        var told = new ConcurrentQueue<(int? Close, string? Code, string Reason)>();
        client.Retrying += retry => told.Enqueue((null, retry.Code, retry.Reason));
        client.ConnectionChanged += change =>
        {
            if (change.State is ClientState.Reconnecting) told.Enqueue((change.Code, null, change.Reason!));
        };
        await PassAsync(client.ConnectAsync(CancellationToken.None));

        way.Begin(this);
        await UntilAsync(() => Warnings($"{name} begins") == 1);

        // A session of a node that has failed goes on until the process has ended: its sends have the log's own reason.
        var problem = Assert.IsType<ErrorFrame>(
            name == "failed" ? await _ann.AskAsync(Message()) : await AskAsync(way.Ask(this))).Problem;
        Task call = way.Ask(this) is HistoryGet history
            ? client.HistoryAsync(history, patience.Token)
            : client.SendAsync(_chat, "words", cancellationToken: patience.Token);
        (int?, string?, string) expected = name == "draining"
            ? ((int)CloseCode.Draining, null, "draining")
            : (null, problem.Code, problem.Describe());
        await PassAsync(() => told.Contains(expected), () => $"{expected} is none of {string.Join(", ", told)}");

        await patience.CancelAsync();
        await PassAsync(Task.WhenAny(call));
        Assert.True(call.IsCanceled, $"{call.Exception}");
        await PassAsync(client.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task The_embedded_log_says_why_it_refuses()
    {
        var folder = Directory.CreateTempSubdirectory("livechat-states-").FullName;
        await using (var full = Open(folder, new() { Partitions = 1, ReserveBytes = long.MaxValue }))
            await RefusesAsync(full, "disk_short");
        await using (var slow = Open(folder, new() { Partitions = 1, ReserveBytes = 0, QueueBytesMax = 10 }))
        {
            Assert.All(slow.States, static state => Assert.Null(state.Reason()));
            await RefusesAsync(slow, "log_queue_full");
            _time.Advance(TimeSpan.FromSeconds(10));
            Assert.All(slow.States, static state => Assert.Null(state.Reason()));
        }

        Directory.Delete(folder, recursive: true);
    }

    public async ValueTask DisposeAsync()
    {
        _lines.Dispose();
        if (_node is null) return;
        await _ann.DisposeAsync();
        _node.History.IsAway = false;
        var disposing = _node.DisposeAsync().AsTask();
        while (!disposing.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await disposing;
    }

    private async Task StartAsync()
    {
        _node = await TestNode.StartAsync(
            _time,
            new NodeOptions { Ingest = new IngestOptions { NodeInflightMax = 2 } },
            change: ports => ports with
            {
                Ids = new SnowflakeGenerator(0, 0, static ms => ms + 10_000, _idTime),
                States = [new RefusingState("of_a_port", () => _isShort ? "A port has no room." : null)],
            },
            loggers: new LoggerFactory([_lines]));
        _ann = await _node.ConnectAsync("ann");
        _chat = await _ann.CreateAsync("bob");
        Assert.Equal(2, (await _ann.AckAsync(Message())).Seq);
    }

    private MessageSend Message() => _ann.Message(_chat, "words");

    private Task<ServerFrame> AskAsync(ClientFrame command) => _node.Node
        .AskAsync(UserId.Parse("ann"), command, isByServerKey: false, default)
        .WaitAsync(TestDevice.Patience, TimeProvider.System);

    private void AppendUnknown()
    {
        var chat = ulong.Parse(_chat, CultureInfo.InvariantCulture);
        var unknown = RecordEnvelope.Encode(Records.Message("ann", 1).InChat(chat), rules: 77);
        _ = _node.Log.AppendAsync(
            Core.Log.Partitioner.PartitionOf(new ChatId(chat), _node.Log.Partitions), unknown, default).AsTask();
    }

    private int Warnings(string text) => _lines.Lines.Count(line =>
        line.Level == LogLevel.Warning && line.Text.StartsWith(text, StringComparison.Ordinal));

    private int Gauge(string name)
    {
        var found = -1;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter == _node.Meter && instrument.Name == "livechat.refusing")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) =>
        {
            foreach (var tag in tags)
                if (tag.Value as string == name)
                    found = value;
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return found;
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 200 && !condition(); i++) await _node.SecondAsync();
        Assert.True(condition(), "It did not come to be.");
    }

    /// <summary>Lets time pass until the task is done.</summary>
    private async Task PassAsync(Task task)
    {
        await PassAsync(() => task.IsCompleted, static () => "It never ends.");
        await task;
    }

    /// <summary>Lets time pass, but not faster than the SDK's own tasks come along.</summary>
    private async Task PassAsync(Func<bool> isSo, Func<string> otherwise)
    {
        for (var steps = 0; !isSo(); steps++)
        {
            if (steps == 3_000) Assert.Fail(otherwise());
            await Task.Delay(Tick, TimeProvider.System);
            await _node.TickAsync();
        }
    }

    private RocksDbMessageLog Open(string folder, RocksDbLogOptions options) =>
        RocksDbMessageLog.Open(folder, options, _time, NullLogger<RocksDbMessageLog>.Instance);

    private static async Task RefusesAsync(RocksDbMessageLog log, string name)
    {
        var refused = await Assert.ThrowsAsync<LogUnavailableException>(
            () => log.AppendAsync(0, new byte[100], default).AsTask());
        Assert.Equal(refused.Message, log.States.Single(state => state.Name == name).Reason());
    }

    /// <summary>The clock that ids are made by, which alone is set back.</summary>
    private sealed class OffsetTime(TimeProvider time) : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + Offset;
    }

    /// <param name="Begin">Brings the state about.</param>
    /// <param name="End">Ends it; null where only the end of the process does.</param>
    /// <param name="Ask">What a user asks for meanwhile.</param>
    /// <param name="Code">What the user is told.</param>
    private sealed record Way(
        Action<StateWatchTests> Begin,
        Action<StateWatchTests>? End,
        Func<StateWatchTests, ClientFrame> Ask,
        string Code);
}
