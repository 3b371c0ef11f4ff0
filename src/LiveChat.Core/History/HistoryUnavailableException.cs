namespace LiveChat.Core.History;

/// <summary>
/// The store cannot be reached at present: the call may or may not have had its effect and may be repeated. A store
/// throws anything else only when repeating is of no use, and then the host stops.
/// </summary>
internal sealed class HistoryUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
