namespace LiveChat.Protocol;

/// <summary>How clients render a message's text, as it is called on the wire.</summary>
public static class TextFormats
{
    /// <summary>As it is.</summary>
    public const string Plain = "plain";

    /// <summary>Markdown.</summary>
    public const string Markdown = "md";
}
