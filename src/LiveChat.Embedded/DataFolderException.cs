namespace LiveChat.Embedded;

/// <summary>The data folder cannot be used; the message says what to do.</summary>
internal sealed class DataFolderException(string message, Exception? inner = null) : Exception(message, inner);
