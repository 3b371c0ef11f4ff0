namespace LiveChat.Embedded.Backups;

/// <summary>No checkpoint can be taken, or none can be made a data folder again; the message says why and what to do.
/// </summary>
internal sealed class CheckpointException(string message, Exception? inner = null) : Exception(message, inner);
