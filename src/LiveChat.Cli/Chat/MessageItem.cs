using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Chat;

/// <summary>A line of a chat as it is now: a message with edits and reactions, or a note.</summary>
internal sealed record MessageItem(long Seq, string Sender, DateTimeOffset SentAt, string Text)
{
    /// <summary>Not a message: a member came, the title changed …</summary>
    public bool IsNote { get; init; }

    /// <summary>The content is gone.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>The seq of the edit whose text this is.</summary>
    public long EditedSeq { get; init; }

    /// <summary>Who reacted how.</summary>
    public IReadOnlyList<Reaction> Reactions { get; init; } = [];
}
