using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Log;

/// <summary>Lines of Kafka's client in the node's log.</summary>
internal static partial class KafkaLog
{
    /// <summary>What the client says of a broker that is away it tells its error handler too; the rest is for those
    /// who look for a cause.</summary>
    public static void Write(ILogger logger, LogMessage line)
    {
        var level = line.Facility is "FAIL" or "ERROR"
            ? LogLevel.Debug
            : (LogLevel)line.LevelAs(LogLevelType.MicrosoftExtensionsLogging);
        if (logger.IsEnabled(level)) Said(logger, level, line.Facility, line.Message);
    }

    [LoggerMessage(EventId = 11020, Message = "Kafka's client says ({Facility}): {Line}")]
    private static partial void Said(ILogger logger, LogLevel level, string facility, string line);
}
