using Confluent.Kafka;
using LiveChat.Core.Log;
using LiveChat.Tests.Running;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>
/// A member of both groups that is not the server: it takes its share of the partitions, reads, and commits nothing.
/// One loop a group polls; the partitions may be asked for from any thread.
/// </summary>
internal sealed class OtherReader : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, Member> _members = [];
    private bool _leavesInSilence;

    private OtherReader(string brokers, string topic)
    {
        foreach (var group in ConsumerGroups.All) _members[group] = new Member(brokers, topic, group, _stop.Token);
    }

    /// <summary>Joins, and waits until it has partitions of both groups.</summary>
    public static Task<OtherReader> JoinAsync(string brokers, string topic) =>
        SetUp.OrEndAsync(new OtherReader(brokers, topic), static reader =>
            BrokerLog.UntilAsync(() => Task.FromResult(
                reader._members.Values.All(static member => member.Partitions.Count > 0))));

    /// <summary>What it has of a group now.</summary>
    public IReadOnlyList<int> Partitions(string group) => _members[group].Partitions;

    /// <summary>It will end as a process does that is killed: the group finds out by its silence.</summary>
    public void LeaveInSilence() => _leavesInSilence = true;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var member in _members.Values) await member.EndAsync(_leavesInSilence);
        _stop.Dispose();
    }

    private sealed class Member
    {
        private readonly IConsumer<Ignore, byte[]> _consumer;
        private readonly Task _polling;

        public Member(string brokers, string topic, string group, CancellationToken stop)
        {
            _consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig
            {
                BootstrapServers = brokers,
                GroupId = group,
                GroupProtocol = GroupProtocol.Consumer,
                EnableAutoCommit = false,
                AutoOffsetReset = AutoOffsetReset.Latest,
            }).Build();
            _polling = Task.Factory.StartNew(
                () => Poll(topic, stop), CancellationToken.None, TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        }

        public IReadOnlyList<int> Partitions { get; private set; } = [];

        public async Task EndAsync(bool inSilence)
        {
            await _polling;
            if (!inSilence) _consumer.Close();
            _consumer.Dispose();
        }

        private void Poll(string topic, CancellationToken stop)
        {
            _consumer.Subscribe(topic);
            while (!stop.IsCancellationRequested)
            {
                _consumer.Consume(TimeSpan.FromMilliseconds(100));
                Partitions = [.. _consumer.Assignment.Select(static one => one.Partition.Value)];
            }
        }
    }
}
