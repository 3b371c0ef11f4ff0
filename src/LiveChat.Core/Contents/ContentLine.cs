using System.Text.Json.Serialization;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Contents;

/// <summary>
/// A piece of what an installation holds, in the form that every store can give and take: the lines of an export, and
/// what a move carries. Their order is that of <see cref="ContentSection"/>. A chat is its head, everything that hangs
/// on it, and an end; what is derived (indexes, reactions that are on) is not in it. docs/EXPORT.md describes the
/// lines: a change of one is another <see cref="HeaderLine.VersionNow"/>.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(HeaderLine), "livechat")]
[JsonDerivedType(typeof(ClaimLine), "claim")]
[JsonDerivedType(typeof(ServerKeyLine), "server_key")]
[JsonDerivedType(typeof(ErasureLine), "erasure")]
[JsonDerivedType(typeof(UserLine), "user")]
[JsonDerivedType(typeof(DeviceLine), "device")]
[JsonDerivedType(typeof(ChatLine), "chat")]
[JsonDerivedType(typeof(DeletionLine), "deletion")]
[JsonDerivedType(typeof(EventLine), "event")]
[JsonDerivedType(typeof(EditLine), "edit")]
[JsonDerivedType(typeof(ReactionLine), "reaction")]
[JsonDerivedType(typeof(StayLine), "stay")]
[JsonDerivedType(typeof(ClientKeyLine), "client_key")]
[JsonDerivedType(typeof(MemberLine), "member")]
[JsonDerivedType(typeof(ChatEndLine), "chat_end")]
[JsonDerivedType(typeof(EndLine), "end")]
internal abstract record ContentLine;

/// <summary>The first line of an export.</summary>
/// <param name="Version">The version of the lines.</param>
/// <param name="User">Whose export it is; null when it is everybody's.</param>
internal sealed record HeaderLine(int Version, UserId? User) : ContentLine
{
    public const int VersionNow = 1;
}

/// <summary>A row of <c>chat_ids</c>.</summary>
internal sealed record ClaimLine(string Scope, ChatClaim Claim) : ContentLine;

/// <summary>A server key: a hash of its secret, never the secret.</summary>
internal sealed record ServerKeyLine(ApiKey Key) : ContentLine;

/// <summary>The erasure of a user, open or finished.</summary>
internal sealed record ErasureLine(Erasure Erasure) : ContentLine;

/// <summary>A user.</summary>
/// <param name="User">The row.</param>
/// <param name="LastSeenMs">When the user was last seen, Unix milliseconds; 0 for never.</param>
internal sealed record UserLine(UserRow User, long LastSeenMs) : ContentLine;

/// <summary>A device of the user of the last <see cref="UserLine"/>.</summary>
internal sealed record DeviceLine(UserId User, DeviceRow Device) : ContentLine;

/// <summary>A chat begins: its head. A reader writes it last, at the chat's end.</summary>
internal sealed record ChatLine(HeadShape Head) : ContentLine;

/// <summary>The chat was deleted; what its purge leaves is all that it has.</summary>
internal sealed record DeletionLine(ChatDeletion Deletion) : ContentLine;

/// <summary>An event.</summary>
/// <param name="Event">What it says, without content.</param>
/// <param name="Content">The body of a message that was not deleted.</param>
/// <param name="DeletedSeq">The delete that took the message's content back.</param>
internal sealed record EventLine(StoredEvent Event, Body? Content, long? DeletedSeq) : ContentLine;

/// <summary>What an edit made of a message.</summary>
internal sealed record EditLine(long Target, long EditSeq, Body Content) : ContentLine;

/// <summary>A change of a reaction: the last one of a user with an emoji says whether it is on.</summary>
internal sealed record ReactionLine(long Target, long EventSeq, string Emoji, UserId User, bool On) : ContentLine;

/// <summary>A stay of a user.</summary>
internal sealed record StayLine(UserId User, long FromSeq, long? ToSeq) : ContentLine;

/// <summary>A client key and what it was used for.</summary>
internal sealed record ClientKeyLine(UserId Sender, ClientId ClientId, KeyUse Use) : ContentLine;

/// <summary>What a user has of the chat: each part is there once something made it.</summary>
internal sealed record MemberLine(UserId User) : ContentLine
{
    /// <summary>The present or last stay, and whether the chat is pulled.</summary>
    public Membership? Membership { get; init; }

    /// <summary>The head that the user was shown.</summary>
    public ReachedSeq? Head { get; init; }

    /// <summary>How far the user's own events read.</summary>
    public ReachedSeq? Read { get; init; }

    /// <summary>How far the user's marks say.</summary>
    public MarkedSeq? Mark { get; init; }

    public MemberSettings? Settings { get; init; }
}

/// <summary>What a user has set for a chat.</summary>
/// <param name="MutedUntilMs">Muted up to this time.</param>
/// <param name="IsPinned">Whether the chat is kept on top.</param>
/// <param name="HiddenN">Hidden while the head has no more messages than this; null when it is not hidden.</param>
/// <param name="TimeMs">When it was last changed.</param>
internal sealed record MemberSettings(long MutedUntilMs, bool IsPinned, long? HiddenN, long TimeMs)
{
    public static MemberSettings? Of(ChatSettings? settings) => settings is null ? null : new MemberSettings(
        settings.MutedUntilMs,
        settings.IsPinned,
        settings.HiddenN == ChatSettings.Shown ? null : settings.HiddenN,
        settings.TimeMs);
}

/// <summary>The end of a chat.</summary>
/// <param name="Lines">How many lines it has before this one; 0 outside of a file.</param>
/// <param name="Sum">Their checksum; empty outside of a file.</param>
internal sealed record ChatEndLine(long Lines, string Sum) : ContentLine;

/// <summary>The last line of an export.</summary>
/// <param name="Lines">How many there are before it.</param>
/// <param name="Sum">Their checksum.</param>
internal sealed record EndLine(long Lines, string Sum) : ContentLine;

/// <summary>A stay, as the user's list of chats has it.</summary>
internal sealed record Membership(long FromSeq, long? ToSeq, bool Pull);

/// <summary>A seq, the number of messages up to it, and when.</summary>
internal sealed record ReachedSeq(long Seq, long N, long TimeMs);

/// <summary>The marks of a user in a chat.</summary>
/// <param name="DeliveredSeq">How far messages were delivered.</param>
/// <param name="Read">How far they were read, and when that was marked; null when it never was.</param>
/// <param name="TimeMs">When either rose last.</param>
internal sealed record MarkedSeq(long DeliveredSeq, ReachedSeq? Read, long TimeMs);
