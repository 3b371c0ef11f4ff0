using LiveChat.Core.Log;

namespace LiveChat.Core.Workers;

/// <summary>
/// What a worker runs for one partition, from its assignment until it is revoked; never used again after that. Any
/// thread asks how far it is.
/// </summary>
internal interface IPartitionLoop
{
    /// <summary>The position behind which it reads.</summary>
    Position Start { get; }

    /// <summary>Everything at or below is done, not necessarily durable.</summary>
    Position Done { get; }

    /// <summary>The log's time of what is done, Unix milliseconds; 0 for none.</summary>
    long DoneTimeMs { get; }

    /// <summary>Runs until the token is cancelled.</summary>
    /// <exception cref="PartitionStoppedException">The partition stops for good.</exception>
    Task RunAsync(CancellationToken stoppingToken);

    /// <summary>Hears what the partition held a moment ago. Any thread.</summary>
    void Look(LogRange range);

    /// <summary>Lets go of what it can, if it waits for records and has more than its share. Any thread.</summary>
    void MakeRoom();

    /// <summary>Gives its memory back to the worker. Called once, after it has ended.</summary>
    void Leave();
}

/// <summary>A record that cannot be decided, or that the log no longer has: the partition must stop.</summary>
/// <param name="position">The record, or the one before it.</param>
/// <param name="cause">Why.</param>
internal sealed class PartitionStoppedException(Position position, Exception cause) : Exception(cause.Message, cause)
{
    public Position Position { get; } = position;
}
