using System.Text;
using LiveChat.Cluster.Log;
using LiveChat.Core.Log;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

// One broker for all classes that need no other: each has topics and groups of its own.
[assembly: AssemblyFixture(typeof(LiveChat.Cluster.Tests.Log.OneBroker))]

namespace LiveChat.Cluster.Tests.Log;

/// <summary>A log that a test opened, with its connections.</summary>
internal sealed class OpenLog : IAsyncDisposable
{
    private static int _topics;

    private OpenLog(KafkaClients clients, KafkaMessageLog log) => (Clients, Log) = (clients, log);

    public KafkaClients Clients { get; }

    public KafkaMessageLog Log { get; }

    /// <summary>A topic that no other test has.</summary>
    public static KafkaLogOptions Options(string brokers) => new()
    {
        Brokers = brokers,
        Topic = $"chat-messages-{Environment.ProcessId}-{Interlocked.Increment(ref _topics)}",
        Partitions = 4,
        SingleBroker = true,
    };

    public static async Task<OpenLog> OpenAsync(
        KafkaLogOptions options, KafkaMark? former = null, ILoggerFactory? loggers = null)
    {
        var clients = new KafkaClients(options, TimeProvider.System, loggers ?? NullLoggerFactory.Instance);
        try
        {
            return new OpenLog(
                clients, await KafkaMessageLog.OpenAsync(clients, former, TestContext.Current.CancellationToken));
        }
        catch
        {
            await clients.DisposeAsync();
            throw;
        }
    }

    public Task<Appended> AppendAsync(int partition, string text) => Log
        .AppendAsync(partition, Encoding.UTF8.GetBytes(text), TestContext.Current.CancellationToken).AsTask();

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        await Clients.DisposeAsync();
    }
}
