using LiveChat.Core.Log;
using LiveChat.Protocol.Frames;
using Kind = LiveChat.Core.Log.Record.BodyOneofCase;

namespace LiveChat.Core.History.Reading;

/// <summary>
/// An event with what later events did to it, up to the head that a read is answered at, as one stay sees them: what
/// it shows of them is said by <see cref="Sight"/>. Belongs to one read.
/// </summary>
internal sealed class FoldedEvent
{
    /// <summary>Most reactions that a page shows of a message, those set first: with the longest emojis and names
    /// they take 80 KB, so that no single message is longer than a page may be.</summary>
    public const int ReactionsMax = 512;

    private readonly SortedDictionary<long, Body> _edits = [];
    private readonly Dictionary<(string Emoji, string User), (bool On, long Seq)> _reactions = [];
    private readonly bool _isUnreadable;
    private Body? _content;
    private long? _deletedSeq;

    /// <summary>An event of history; what lies above the head is not there yet.</summary>
    public FoldedEvent(HistoryEntry entry, long head)
    {
        Stored = entry.Event;
        _isUnreadable = entry.IsUnreadable;
        (_content, _deletedSeq) = (entry.IsUnreadable ? null : entry.Content, IsMessage ? entry.DeletedSeq : null);
        if (entry.Edit is { } edit)
            _edits[edit.EditSeq] = edit.Content;
        foreach (var row in entry.Reactions)
            if (row.EventSeq <= head)
                _reactions[(row.Emoji, row.User.Value)] = (row.On, row.EventSeq);
    }

    /// <summary>An event that history does not have yet.</summary>
    public FoldedEvent(StoredEvent whole)
    {
        Stored = whole;
        _content = IsMessage ? HistoryRowsBuilder.ContentOf(whole.Record) : whole.Record.Edit?.Body;
    }

    public StoredEvent Stored { get; }

    public long Seq => (long)Stored.Seq;

    public bool IsMessage => Stored.Record.BodyCase == Kind.Message;

    /// <summary>The message whose content this edit holds; 0 for every other event.</summary>
    public long EditTarget => Stored.Record.BodyCase == Kind.Edit ? (long)(Stored.Record.Target?.Seq ?? 0) : 0;

    /// <summary>The message on which this edit acts was deleted, sooner or later: it has no content any more.</summary>
    public void EndContent(long deletedSeq) => _deletedSeq = deletedSeq;

    /// <summary>A later event that acts on this one; a reaction only up to the last event that the reader sees, since
    /// the one before it is forgotten here.</summary>
    public void Apply(StoredEvent later, long lastSeq)
    {
        var (record, seq) = (later.Record, (long)later.Seq);
        switch (record.BodyCase)
        {
            case Kind.Edit when record.Edit.Body is { } body:
                _edits[seq] = body;
                break;
            case Kind.Reaction when seq <= lastSeq:
                _reactions[(record.Reaction.Emoji, record.Sender)] = (record.Reaction.On, seq);
                break;
            case Kind.Delete when IsMessage:
                _deletedSeq = seq; // A second deletion overwrites the first in the store too.
                break;
        }
    }

    /// <summary>The event as it happened.</summary>
    public ChatEvent ToEvent(MemberStay stay)
    {
        var content = Content(null);
        var showsTarget = Sight.ShowsTarget(Stored, stay);
        return EventFrames.Of(Stored, content, showsTarget) with
        {
            Unreadable = showsTarget && Lacks(content) ? true : null,
        };
    }

    /// <summary>The message with what the reader may know of its further fate.</summary>
    public MessageCreated ToMessage(MemberStay stay)
    {
        var edit = _edits.Keys.LastOrDefault(stay.Covers);
        var content = Content(edit == 0 ? null : edit);
        var message = (MessageCreated)EventFrames.Of(Stored, content, withContent: true);
        var reactions = _reactions
            .Where(reaction => reaction.Value.On && stay.Covers(reaction.Value.Seq))
            .OrderBy(reaction => reaction.Value.Seq)
            .Take(ReactionsMax)
            .Select(reaction => new Protocol.Frames.Reaction(reaction.Key.Emoji, reaction.Key.User))
            .ToArray();
        return message with
        {
            EditedSeq = _deletedSeq is null && edit != 0 ? edit : null,
            DeletedSeq = _deletedSeq is { } deleted && stay.Covers(deleted) ? deleted : null,
            Reactions = _deletedSeq is null && reactions.Length > 0 ? reactions : null,
            Unreadable = Lacks(content) ? true : null,
        };
    }

    /// <summary>Whether content is missing that nobody deleted.</summary>
    private bool Lacks(Body? content) => _isUnreadable && _deletedSeq is null && content is null;

    private Body? Content(long? edit)
    {
        if (_deletedSeq is not null) return null;
        return edit is { } seq ? _edits.GetValueOrDefault(seq) : _content;
    }
}
