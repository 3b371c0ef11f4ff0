using LiveChat.Protocol.Frames;

namespace LiveChat.Client;

/// <summary>The server refused a command, for good.</summary>
/// <param name="problem">The server's answer.</param>
public sealed class LiveChatRefusedException(Problem problem) : Exception(problem.Detail ?? problem.Title)
{
    /// <summary>The server's answer.</summary>
    public Problem Problem { get; } = problem;
}
