using LiveChat.Core.Log;

namespace LiveChat.Core.Workers;

/// <summary>What a worker runs for one partition. Any thread asks how far it is.</summary>
internal interface IPartitionLoop
{
    /// <summary>Everything at or below is done, not necessarily durable.</summary>
    Position Done { get; }

    /// <summary>The log's time of what is done, Unix milliseconds; 0 for none.</summary>
    long DoneTimeMs { get; }

    /// <summary>Runs until the token is cancelled, or the partition stops for good.</summary>
    Task RunAsync(CancellationToken stoppingToken);
}
