using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Chats;

/// <summary>
/// Everything that the sequencer decides from: the row <c>chat_head</c>. Immutable; each event makes the next one.
/// It is a function of the chat's records in the log up to <see cref="Position"/>, and of nothing else.
/// </summary>
internal sealed record ChatState
{
    public required ChatId Chat { get; init; }

    /// <summary>The last event's number; events are 1, 2, 3, … without holes.</summary>
    public required long Seq { get; init; }

    /// <summary>The position of the record that became the last event.</summary>
    public required Position Position { get; init; }

    /// <summary>T, Unix milliseconds: the greatest of the former T, the record's append time, and the id's time as
    /// far as it is no more than an hour above the append time.</summary>
    public required long TimeMs { get; init; }

    /// <summary>W, microseconds: max(former W + 1, the record's append time in µs). The write stamp of every cell
    /// of the last event.</summary>
    public required long Stamp { get; init; }

    /// <summary>The number of messages up to the last event.</summary>
    public required long N { get; init; }

    public required bool Direct { get; init; }

    /// <summary>Whether events are pulled by the members (a large chat) or pushed to them.</summary>
    public required bool Pull { get; init; }

    /// <summary>Empty when there is none.</summary>
    public required string Title { get; init; }

    /// <summary>The application's own JSON object; empty when there is none.</summary>
    public required string Custom { get; init; }

    /// <summary>The seq of the event that set the present settings.</summary>
    public required long SettingsSeq { get; init; }

    public required Roster Roster { get; init; }

    /// <summary>The member of a direct chat whose first message is awaited, because the other started the chat. Null
    /// once the chat is answered, in groups, and in chats from before rules number 2.</summary>
    public UserId? Awaits { get; init; }

    /// <summary>Whether the last event was the chat's deletion, behind which there is none. Only a deletion sets the
    /// settings, to nothing, and leaves no member.</summary>
    public bool IsDeleted => Roster.Count == 0 && SettingsSeq == Seq;

    /// <summary>Whether the member is told who of the chat is online, types, and has read: not while the chat that the
    /// member started is unanswered.</summary>
    public bool ShowsSignsTo(UserId member) => Awaits is null || Awaits == member;
}
