using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>A gateway that was at a position in a partition, and what came behind it up to an end: as the log is read
/// again, by one task.</summary>
/// <param name="feed">The gateway.</param>
/// <param name="asked">What it says.</param>
/// <param name="end">What was read when it asked: everything above is handed to it as it comes.</param>
internal sealed class CatchUpAsk(IGatewayFeed feed, PositionAsk asked, Position end)
{
    private readonly HashSet<ulong> _pending = [.. asked.Records];

    public IGatewayFeed Feed => feed;

    public ulong Number => asked.Ask;

    public Position From { get; } = new(asked.Position);

    public Position End { get; private set; } = end;

    /// <summary>Whether no chats are named, since the position is none, or too far back.</summary>
    public bool IsUnknown { get; private set; } = asked.Unknown;

    /// <summary>Whether there is nothing to read.</summary>
    public bool IsEmpty => IsUnknown || From >= End;

    /// <summary>How many records lie between, at most.</summary>
    public long Records => From.Generation == End.Generation ? End.Offset - From.Offset : End.Offset + 1;

    /// <summary>Chats with records between.</summary>
    public HashSet<ChatId> Chats { get; } = [];

    /// <summary>Chats in which something was deleted, or somebody was removed.</summary>
    public HashSet<ChatId> Emptied { get; } = [];

    /// <summary>Users on the gateway whom a record removes.</summary>
    public HashSet<(ChatId Chat, UserId User)> Removed { get; } = [];

    /// <summary>Records whose commands wait there.</summary>
    public List<(Record Record, Position Position)> Waiting { get; } = [];

    /// <summary>The partition has stopped: nothing above is handed over.</summary>
    public void EndAt(Position position)
    {
        if (position < End) End = position;
    }

    public void GiveUp() => IsUnknown = true;

    public void Take(in DecodedEntry entry)
    {
        if (IsUnknown || entry.Position <= From || entry.Position > End) return;
        Chats.Add(entry.Chat);
        var gone = GoneBy(entry.Record);
        if (entry.Record.Delete is not null || entry.Record.ChatDeleted is not null || gone.Length > 0)
            Emptied.Add(entry.Chat);
        foreach (var user in gone)
            if (UserId.TryParse(user, out var one) && feed.Has(one))
                Removed.Add((entry.Chat, one));
        if (_pending.Contains(entry.Record.Id)) Waiting.Add((entry.Record, entry.Position));
    }

    private static ReadOnlySpan<string> GoneBy(Record record) => record.BodyCase switch
    {
        Record.BodyOneofCase.MemberRemoved => [record.MemberRemoved.User],
        Record.BodyOneofCase.ChatDeleted => record.ChatDeleted.Members.ToArray(),
        _ => [],
    };
}
