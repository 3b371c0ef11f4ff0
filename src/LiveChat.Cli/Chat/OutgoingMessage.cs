namespace LiveChat.Cli.Chat;

/// <summary>A message on its way to the server.</summary>
internal sealed class OutgoingMessage(string chat, string text)
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Chat { get; } = chat;

    public string Text { get; } = text;

    /// <summary>Its place, once the server has named it.</summary>
    public long Seq { get; set; }

    /// <summary>Why the server did not take it.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Done when the message stands in the chat, or was refused.</summary>
    public Task Settled => _settled.Task;

    public void Settle() => _settled.TrySetResult();

    public void Refuse(string reason)
    {
        Refusal = reason;
        Settle();
    }
}
