using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Chats;

/// <summary>What a record would change besides the counters, or why it may not. Used within the rules only.</summary>
internal readonly record struct Effect
{
    /// <summary>An event that changes nothing of the state but the counters.</summary>
    public static readonly Effect None;

    public Refusal? Refusal { get; init; }

    /// <summary>The new roster; null when it stays.</summary>
    public Roster? Roster { get; init; }

    /// <summary>The new title; null when it stays.</summary>
    public string? Title { get; init; }

    /// <summary>The new custom data; null when they stay.</summary>
    public string? Custom { get; init; }

    public bool SetsSettings { get; init; }

    /// <summary>Who was added by <c>members_added</c>.</summary>
    public IReadOnlyList<UserId>? Added { get; init; }

    public static implicit operator Effect(Refusal refusal) => new() { Refusal = refusal };
}
