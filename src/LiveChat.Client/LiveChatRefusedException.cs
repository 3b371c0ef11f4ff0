using LiveChat.Protocol.Frames;

namespace LiveChat.Client;

/// <summary>
/// The server refused a command, for good; the client goes on. The message is a sentence for a person and names the
/// fields that break a rule; programs go by <see cref="Protocol.Frames.Problem.Code"/>, one of
/// <see cref="Protocol.ErrorCode"/>.
/// </summary>
/// <param name="problem">The server's answer.</param>
public sealed class LiveChatRefusedException(Problem problem) : Exception(problem.Describe())
{
    /// <summary>The server's answer.</summary>
    public Problem Problem { get; } = problem;
}
