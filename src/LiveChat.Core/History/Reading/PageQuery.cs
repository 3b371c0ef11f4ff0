using LiveChat.Protocol;

namespace LiveChat.Core.History.Reading;

/// <summary>What a page of a chat is asked for; at most one of the three positions, none means the latest.</summary>
internal sealed record PageQuery
{
    public const int DefaultLimit = 50;

    public long? BeforeSeq { get; init; }

    public long? AfterSeq { get; init; }

    public long? AroundSeq { get; init; }

    /// <summary>1 to <see cref="Limits.PageItemsMax"/>.</summary>
    public int Limit { get; init; } = DefaultLimit;

    /// <summary>The lowest head that the reader accepts.</summary>
    public long MinSeq { get; init; }

    /// <summary>Messages with what happened to them folded in, or every event as it happened.</summary>
    public bool AsMessages { get; init; } = true;
}
