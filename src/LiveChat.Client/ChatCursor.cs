namespace LiveChat.Client;

/// <summary>How far the events of one chat have been handed to the application.</summary>
internal sealed class ChatCursor
{
    /// <summary>Everything up to here was handed over, or lies outside the user's stays.</summary>
    public long Applied { get; set; }

    /// <summary>The last event that came by itself and was handed over; 0 for none.</summary>
    public long Told { get; set; }

    /// <summary>The highest seq that is known to exist for the user.</summary>
    public long Head { get; set; }

    /// <summary>
    /// The chat waits for a pull or is being pulled: live events only raise <see cref="Head"/>, so that one writer
    /// at a time puts the chat's events into the queue.
    /// </summary>
    public bool IsBehind { get; set; }

    /// <summary>How often pulling failed in a row.</summary>
    public int Failures { get; set; }
}
