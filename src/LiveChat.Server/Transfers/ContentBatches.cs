using LiveChat.Core.Contents;

namespace LiveChat.Server.Transfers;

/// <summary>Puts parts together, so that each is worth a write.</summary>
internal static class ContentBatches
{
    private const int LinesMin = 2_000;

    /// <summary>The parts in their order, with at least so many lines but for the last.</summary>
    public static IEnumerable<ContentPart> Of(IEnumerable<ContentPart> parts)
    {
        var (lines, done) = (new List<ContentLine>(), default(ContentPlace?));
        foreach (var part in parts)
        {
            lines.AddRange(part.Lines);
            done = part.Done;
            if (lines.Count < LinesMin) continue;
            yield return new ContentPart(lines, done);
            lines = [];
        }

        if (lines.Count > 0) yield return new ContentPart(lines, done);
    }
}

/// <summary>Counts what was transferred.</summary>
internal sealed class ContentCounts
{
    public long Chats { get; private set; }

    public long Messages { get; private set; }

    public long Users { get; private set; }

    public void Add(ContentLine line)
    {
        if (line is UserLine) Users++;
        if (line is not ChatLine chat) return;
        Chats++;
        Messages += chat.Head.N;
    }

    public TransferReport Report() => new(Chats, Messages, Users);
}
