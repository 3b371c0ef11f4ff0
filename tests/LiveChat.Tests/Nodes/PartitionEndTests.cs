using System.Globalization;
using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Workers;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using LiveChat.Tests.Log;
using LiveChat.Tests.Sessions;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Nodes;

/// <summary>Every way in which a partition or its worker can end also ends the commands that wait for it, and no drain
/// waits for them.</summary>
public sealed class PartitionEndTests
{
    private static readonly Dictionary<string, Action<Faults>> Ways = new()
    {
        ["a record of unknown rules"] = static faults => faults.UnknownRules = true,
        ["rules that throw"] = static faults => faults.RulesThrow = true,
        ["a sink that throws"] = static faults => faults.SinkThrows = true,
        ["a log that was trimmed"] = static faults => faults.ReadFails = static () => new LogTrimmedException("gone"),
        ["a log that failed"] = static faults => faults.ReadFails = static () => new LogFailedException("broken"),
        ["a read that fails otherwise"] = static faults => faults.ReadFails = static () => new IOException("broken"),
    };

    public static TheoryData<string> Names => [.. Ways.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_command_that_waits_for_a_part_that_ends_is_answered_and_no_drain_waits(string name)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        Faults? faults = null;
        await using var node = await TestNode.StartAsync(time, change: ports =>
        {
            faults = new Faults(ports);
            return ports with
            {
                Log = faults,
                ReaderOf = group => new AllPartitionsReader(faults, group),
                Rules = faults.Rules,
                Sink = faults.Sink,
            };
        });
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        Assert.Equal(2, (await ann.AckAsync(ann.Message(chat, "before"))).Seq);

        faults!.Hold();
        Ways[name](faults);
        if (faults.UnknownRules)
        {
            var id = ulong.Parse(chat, CultureInfo.InvariantCulture);
            await node.Log.AppendAsync(
                Partitioner.PartitionOf(new ChatId(id), node.Log.Partitions),
                RecordEnvelope.Encode(Records.Message("ann", 1).InChat(id), rules: 77),
                default);
        }

        var asked = ann.AskAsync(ann.Message(chat, "waits"));
        Assert.Equal(1, node.Node.PendingCommands);
        faults.Release();
        for (var second = 0; second < 10 && !asked.IsCompleted; second++)
            await node.SecondAsync();

        var answer = Assert.IsType<ErrorFrame>(await asked.WaitAsync(TestDevice.Patience, TimeProvider.System));
        Assert.Equal((ErrorCode.Timeout, true), (answer.Problem.Code, answer.Problem.Retryable));
        Assert.Equal(0, node.Node.PendingCommands);

        // The time stands still.
        await node.Node.DrainAsync(default).WaitAsync(TestDevice.Patience, TimeProvider.System);
    }

    /// <summary>What is planted, from the moment at which it is set.</summary>
    private sealed class Faults(NodePorts ports) : ForwardingLog(ports.Log)
    {
        private TaskCompletionSource _gate = Opened();

        public bool UnknownRules { get; set; }

        public bool RulesThrow { get; set; }

        public bool SinkThrows { get; set; }

        public Func<Exception>? ReadFails { get; set; }

        public RulesTable Rules => new(
            new Dictionary<ushort, IRules>
            {
                [RulesV1.Number] = new FailingRules(this, new RulesV1()),
                [RulesV2.Number] = new FailingRules(this, new RulesV2()),
                [RulesV3.Number] = new FailingRules(this, new RulesV3()),
                [RulesV4.Number] = new FailingRules(this, new RulesV4()),
            });

        public FailingSink Sink(IDeliverySink fanOut) => new(this, fanOut);

        /// <summary>What is appended from here on is not read.</summary>
        public void Hold() =>
            _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Release() => _gate.TrySetResult();

        public override async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
            int partition, Position after, int bytesMax, CancellationToken cancellationToken)
        {
            var entries = await base.ReadAsync(partition, after, bytesMax, cancellationToken);
            await _gate.Task.WaitAsync(cancellationToken);
            return ReadFails is { } failure ? throw failure() : entries;
        }

        private static TaskCompletionSource Opened()
        {
            var gate = new TaskCompletionSource();
            gate.SetResult();
            return gate;
        }
    }

    private sealed class FailingRules(Faults faults, IRules inner) : IRules
    {
        public Verdict Decide(
            ChatState? state, Record record, Position position, long appendTimeMs, KeyUse? earlier) =>
            faults.RulesThrow
                ? throw new InvalidOperationException("A test broke the rules.")
                : inner.Decide(state, record, position, appendTimeMs, earlier);
    }

    private sealed class FailingSink(Faults faults, IDeliverySink inner) : IDeliverySink
    {
        public ValueTask HandAsync(RecordOutcome outcome, CancellationToken cancellationToken) =>
            faults.SinkThrows && outcome.Event is not null
                ? throw new InvalidOperationException("A test broke the sink.")
                : inner.HandAsync(outcome, cancellationToken);
    }
}
