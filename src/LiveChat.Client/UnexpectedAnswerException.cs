using LiveChat.Protocol.Frames;

namespace LiveChat.Client;

/// <summary>An answer that is an error, or not what the command asks for.</summary>
internal sealed class UnexpectedAnswerException(ServerFrame answer)
    : Exception(
        (answer as ErrorFrame)?.Problem.Describe() ?? $"The server's answer is not complete: {answer.GetType().Name}.")
{
    /// <summary>The error; null for an answer of another kind.</summary>
    public Problem? Problem { get; } = (answer as ErrorFrame)?.Problem;
}
