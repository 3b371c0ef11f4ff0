namespace LiveChat.Cluster.Store;

/// <summary>A conditional write was or was not applied, or may be later: a serial read tells.</summary>
internal sealed class OutcomeUnknownException(string message, Exception inner) : Exception(message, inner);
