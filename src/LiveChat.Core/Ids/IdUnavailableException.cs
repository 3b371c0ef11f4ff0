namespace LiveChat.Core.Ids;

/// <summary>No id may be issued now: whoever asked is told <c>unavailable</c> and tries again.</summary>
internal sealed class IdUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
