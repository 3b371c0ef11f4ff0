using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Chat;

/// <summary>A terminal, or a pipe. Called by the session's loop, except <see cref="ReadAsync"/>.</summary>
internal interface IChatView : IDisposable
{
    /// <summary>The model has changed.</summary>
    void Show(ChatModel model);

    /// <summary>An event was applied to the model.</summary>
    void Happened(ChatModel model, ChatEvent happened);

    /// <summary>Gives every line that the user finishes; returns when there are no more.</summary>
    Task ReadAsync(ChatSession session, CancellationToken cancellationToken);
}
