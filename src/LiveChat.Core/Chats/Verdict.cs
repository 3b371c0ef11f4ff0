using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Chats;

/// <summary>Why a record became no event. The numbers are written out since metrics and tests name them.</summary>
internal enum Refusal
{
    /// <summary>No such chat, not a member here, or the target does not exist for this member.</summary>
    NotFound = 1,

    /// <summary>The role does not allow it.</summary>
    Forbidden = 2,

    ChatFull = 3,
    LastOwner = 4,
    ClockAhead = 5,

    /// <summary>It is so already (the chat exists under another key, all of the users are members).</summary>
    Conflict = 6,

    /// <summary>The settings are not those that the client saw.</summary>
    PreconditionFailed = 7,

    /// <summary>The key was used before, with another body.</summary>
    DuplicateMismatch = 8,

    /// <summary>The custom data would be too long after the patch.</summary>
    CustomTooLong = 9,

    /// <summary>The other member of the direct chat has not answered, and the starter wrote as much as may be.
    /// </summary>
    NotAnswered = 10,

    /// <summary>A user whom the command would add was erased.</summary>
    UserErased = 11,
}

/// <summary>The row of <c>client_keys</c>: what became of a (chat, sender, client id).</summary>
internal readonly record struct KeyUse(long Seq, long N, Position Position, MessageId Id, ulong BodyHash);

/// <summary>A record that became an event.</summary>
internal sealed record SequencedEvent
{
    public required Record Record { get; init; }

    public required UserId Sender { get; init; }

    public required ClientId ClientId { get; init; }

    /// <summary>Hash of the command's content, by which a repetition is told from a mismatch.</summary>
    public required ulong BodyHash { get; init; }

    /// <summary>members_added: those who were not members before; else empty.</summary>
    public required IReadOnlyList<UserId> Added { get; init; }

    /// <summary>The state before; absent for the creation, and where a delivery-worker tells an event again from
    /// history, because history was ahead of it.</summary>
    public required ChatState? Before { get; init; }

    /// <summary>The state after, whose seq, n, time, stamp and position are the event's. Where the event is told
    /// again from history, the rest is of a later state, and the roster holds only who may see the event.</summary>
    public required ChatState After { get; init; }

    /// <summary>Where the command is: what <c>client_keys</c> keeps of it, and what its sender is answered.</summary>
    public KeyUse Use => new(After.Seq, After.N, After.Position, new MessageId(Record.Id), BodyHash);
}

/// <summary>What the sequencer says of a record: exactly one of the four kinds.</summary>
internal abstract record Verdict
{
    private Verdict()
    {
    }

    /// <summary>Applied before: the record's position is at or below the head's.</summary>
    internal sealed record Skipped : Verdict
    {
        public static Skipped Instance { get; } = new();
    }

    /// <summary>Event S+1.</summary>
    internal sealed record Accepted(SequencedEvent Event) : Verdict;

    /// <summary>The same command was an event before.</summary>
    internal sealed record Duplicate(KeyUse First) : Verdict;

    internal sealed record Refused(Refusal Reason) : Verdict;
}
