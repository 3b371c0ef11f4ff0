namespace LiveChat.Embedded.Disk;

/// <summary>What was written and synced is not there any more; the message says where and what to do.</summary>
internal sealed class DataDamagedException(string message) : Exception(message);
