using Google.Protobuf;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Cql;

namespace LiveChat.Cluster.History;

/// <summary>The cells of one event. One that cannot be read takes nothing else with it: what is known of the event
/// stays, at least its seq.</summary>
internal sealed class EventCells
{
    private EventCells(long seq, StoredEvent stored) => (Seq, Stored) = (seq, stored);

    public long Seq { get; }

    public StoredEvent Stored { get; }

    /// <summary>The message's body; null for other events and after its erasure.</summary>
    public Body? Content { get; private init; }

    public long? Deleted { get; private init; }

    /// <summary>The seq of the newest edit on it.</summary>
    public long? Edited { get; private init; }

    public bool IsBroken { get; private init; }

    public ReadCost Cost { get; private init; }

    public bool IsMessage => Stored.Record.Message is not null;

    public bool IsEdit => Stored.Record.Edit is not null;

    /// <summary>What an edit acts on.</summary>
    public long Target => (long)(Stored.Record.Target?.Seq ?? 0);

    /// <summary>Null where something hangs on an event that is not there yet.</summary>
    /// <param name="row">A row of <see cref="HistoryCql.ReadEvents"/>.</param>
    /// <param name="neighbour">The event that was read before it: what it counts and says of the time is near.</param>
    public static EventCells? Read(Row row, EventCells? neighbour)
    {
        if (row.IsNull(1)) return null;
        var seq = row.GetInt64(0);
        var isStored = TryParse(StoredEvent.Parser, row.GetBytes(1), out var stored);
        var hasContent = !row.IsNull(2);
        var isDeleted = !row.IsNull(3);
        var content = default(Body);
        var isContent = !hasContent || isDeleted || TryParse(Body.Parser, row.GetBytes(2), out content);
        return new EventCells(seq, isStored ? stored! : StandInFor(seq, hasContent || isDeleted, neighbour))
        {
            Content = content,
            Deleted = isDeleted ? row.GetInt64(3) : null,
            Edited = row.IsNull(4) ? null : row.GetInt64(4),
            IsBroken = !isStored || !isContent,
            Cost = new ReadCost(
                1 + (hasContent ? 1 : 0) + (isDeleted ? 1 : 0), row.GetBytes(1).Length + row.GetBytes(2).Length),
        };
    }

    /// <summary>False when the bytes are no such message.</summary>
    public static bool TryParse<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes, out T? message)
        where T : class, IMessage<T>
    {
        try
        {
            message = parser.ParseFrom(bytes);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            message = null;
            return false;
        }
    }

    private static StoredEvent StandInFor(long seq, bool isMessage, EventCells? neighbour) => new()
    {
        Seq = (ulong)seq,
        N = neighbour?.Stored.N ?? 0,
        TimeMs = neighbour?.Stored.TimeMs ?? 0,
        Record = new Record
        {
            ClientId = ByteString.CopyFrom(new byte[16]),
            Message = isMessage ? new Message() : null,
        },
    };
}
