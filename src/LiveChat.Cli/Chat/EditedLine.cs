namespace LiveChat.Cli.Chat;

/// <summary>A line while it is typed.</summary>
/// <param name="Text">What it says so far.</param>
/// <param name="Cursor">The index in the text at which the next character goes in.</param>
/// <param name="IsFull">Whether something was not taken because the line is too long.</param>
internal sealed record EditedLine(string Text, int Cursor, bool IsFull);
