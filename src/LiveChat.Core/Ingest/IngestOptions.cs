using System.ComponentModel.DataAnnotations;
using LiveChat.Protocol;

namespace LiveChat.Core.Ingest;

/// <summary>The limits that ingest stamps into records, and those of its own queues.</summary>
internal sealed class IngestOptions : IValidatableObject
{
    /// <summary>Most members of a chat.</summary>
    [Range(2, Limits.MembersMax)]
    public int MembersMax { get; set; } = Limits.MembersMax;

    /// <summary>From so many members on a chat's events are pulled.</summary>
    [Range(2, Limits.MembersMax)]
    public int PullAt { get; set; } = 50;

    /// <summary>Below so many members they are pushed again; lower than <see cref="PullAt"/>.</summary>
    [Range(1, Limits.MembersMax)]
    public int PushBelow { get; set; } = 40;

    /// <summary>Who may start a chat: <c>Anyone</c> who knows the ids of its members, or <c>ServerKeys</c> alone.
    /// </summary>
    public ChatStarters ChatsStartedBy { get; set; } = ChatStarters.Anyone;

    /// <summary>Messages that the starter of a direct chat may send before the other member's first one; edits and
    /// reactions are limited by the same number. Until then the starter sees neither presence nor receipts nor typing
    /// of the other. 0: no limit, and new chats show all at once. What the application's backend does with a server key
    /// is not limited.</summary>
    [Range(0, 1_000)]
    public int UnansweredMessagesMax { get; set; } = 3;

    /// <summary>Commands of one session without an answer; one more is refused.</summary>
    [Range(1, 10_000)]
    public int InflightMax { get; set; } = 64;

    /// <summary>Commands of all sessions without an answer; one more is refused.</summary>
    [Range(1, 1_000_000)]
    public int NodeInflightMax { get; set; } = 100_000;

    /// <summary>Without a gap between the two a chat would change at every member who comes or goes.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PushBelow >= PullAt)
            yield return new ValidationResult(
                $"Ingest:PushBelow ({PushBelow}) must be lower than Ingest:PullAt ({PullAt}).",
                [nameof(PushBelow), nameof(PullAt)]);
    }
}

/// <summary>Who may start a chat.</summary>
internal enum ChatStarters
{
    /// <summary>Every user who knows the ids of the members.</summary>
    Anyone = 0,

    /// <summary>The embedding application's backend, by a server key that acts for the user.</summary>
    ServerKeys = 1,
}
