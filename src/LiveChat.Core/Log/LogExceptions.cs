namespace LiveChat.Core.Log;

/// <summary>The append did not happen and may be tried again later.</summary>
internal sealed class LogUnavailableException(string message) : Exception(message);

/// <summary>The outcome of the append is unknown: the record may appear in the log later. The log goes on.</summary>
internal sealed class AppendUnknownException(string message) : Exception(message);

/// <summary>The store under the log failed: what was waiting has an unknown outcome, nothing more is taken.</summary>
internal sealed class LogFailedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The log no longer has what follows a position (trimmed, lost): a reader that needs it must stop.</summary>
internal sealed class LogTrimmedException(string message) : Exception(message);
