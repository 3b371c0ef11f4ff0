using LiveChat.Core.Outboxes;

namespace LiveChat.Core.FanOut;

/// <summary>A session, or a request, through which somebody types. Two of the same session are equal.</summary>
internal interface ITypingSource
{
    /// <summary>Whether it is over, so that only the time ends what came through it.</summary>
    bool IsOver { get; }

    /// <summary>The call of the gateway that has it; null for this node's own.</summary>
    object? Call { get; }
}

/// <summary>A source of this node.</summary>
internal sealed record OwnTypingSource(Outbox Outbox) : ITypingSource
{
    public bool IsOver => Outbox.Closed is not null;

    public object? Call => null;
}

/// <summary>A source of another node.</summary>
/// <param name="Call">The call on which it was told.</param>
/// <param name="Session">The number of the session; 0 for a request.</param>
internal sealed record LinkedTypingSource(object Call, ulong Session) : ITypingSource
{
    public bool IsOver => Session == 0;

    object? ITypingSource.Call => Call;
}
