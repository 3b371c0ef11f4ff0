namespace LiveChat.Cli;

/// <summary>The command was interrupted, and its user needs to know something about what it had begun.</summary>
/// <param name="sentence">What may have been done, and what to do now.</param>
internal sealed class CommandInterruptedException(string sentence) : OperationCanceledException(sentence);
