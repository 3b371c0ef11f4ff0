using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Client;

/// <summary>
/// A command that has no final answer yet, and that the client sends again after a pause: one that the application
/// called, or one of the client itself (<see cref="SyncGet"/>, <see cref="HistoryGet"/>) for the events.
/// </summary>
/// <param name="Command">The command. A change has the key by which the application knows it.</param>
/// <param name="Reason">Why: a sentence for a person, in the server's words if the server gave a reason.</param>
public sealed record CommandRetry(ClientFrame Command, string Reason)
{
    /// <summary>The server's answer, one of <see cref="ErrorCode"/> that may be repeated; null when the server did not
    /// answer.</summary>
    public string? Code { get; init; }

    /// <summary>Which repetition it will be, from 1.</summary>
    public int Attempt { get; init; }

    /// <summary>The pause before it.</summary>
    public TimeSpan Delay { get; init; }
}
