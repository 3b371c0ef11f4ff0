namespace LiveChat.Cli.Chat;

/// <summary>A message on its way to the server.</summary>
internal sealed class OutgoingMessage(string chat, string text)
{
    public string Chat { get; } = chat;

    public string Text { get; } = text;

    /// <summary>Its place, once the server has named it.</summary>
    public long Seq { get; set; }

    /// <summary>Why the server did not take it.</summary>
    public string? Refusal { get; set; }
}
