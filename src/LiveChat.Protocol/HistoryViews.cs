namespace LiveChat.Protocol;

/// <summary>How a page of history shows a chat, as it is called on the wire.</summary>
public static class HistoryViews
{
    /// <summary>Messages alone, with edits and reactions folded in.</summary>
    public const string Messages = "messages";

    /// <summary>Every event, as it happened.</summary>
    public const string Events = "events";
}
