using System.Globalization;
using Google.Protobuf;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Sequencing;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Checking;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// Records, delivered events and rows of history in the checker's words. The words of both workers are made from
/// every byte that they have, so that they agree only when the bytes do.
/// </summary>
internal static class Rendering
{
    /// <summary>What the command says, without what ingest stamps into it.</summary>
    public static string Content(Record record)
    {
        var said = record.Clone();
        Strip(said);
        said.Target = record.Target is { } target ? new Target { Seq = target.Seq } : null;
        return Convert.ToBase64String(said.ToByteArray());
    }

    public static SeenEvent Delivered(SequencedEvent delivered) => Seen(
        delivered.Record,
        delivered.After.Seq,
        delivered.After.N,
        delivered.After.TimeMs,
        delivered.After.Position.Value,
        delivered.Added.Select(user => user.Value),
        Content(delivered.Record));

    /// <param name="entry">The row.</param>
    /// <param name="find">Finds the row of another event of the chat: an edit's words lie with its target.</param>
    public static SeenEvent Kept(HistoryEntry entry, Func<long, HistoryEntry?> find)
    {
        var stored = entry.Event;
        var record = stored.Record.Clone();
        var body = record.BodyCase switch
        {
            Record.BodyOneofCase.Message => entry.Content,
            Record.BodyOneofCase.Edit => find((long)record.Target.Seq)?.Edits
                .FirstOrDefault(edit => edit.EditSeq == (long)stored.Seq)?.Content,
            _ => null,
        };
        if (record.BodyCase == Record.BodyOneofCase.Message)
            record.Message = new Message { Body = body };
        else if (record.BodyCase == Record.BodyOneofCase.Edit)
            record.Edit = new Edit { Body = body };
        var isErased = body is null && record.BodyCase is Record.BodyOneofCase.Message or Record.BodyOneofCase.Edit;
        return Seen(
            record,
            (long)stored.Seq,
            (long)stored.N,
            stored.TimeMs,
            stored.Position,
            stored.Added,
            isErased && body is null ? null : Content(record));
    }

    private static SeenEvent Seen(
        Record record, long seq, long n, long timeMs, long position, IEnumerable<string> added, string? content)
    {
        var stamped = record.Clone();
        stamped.ClearBody();
        var detail = string.Create(CultureInfo.InvariantCulture,
            $"{position} {string.Join(',', added)} {Convert.ToBase64String(stamped.ToByteArray())}");
        return new SeenEvent(
            new ChatId(record.Chat).ToString(),
            seq,
            n,
            new MessageId(record.Id).ToString(),
            record.Sender,
            new Guid(record.ClientId.Span, bigEndian: true).ToString("D"),
            timeMs,
            record.BodyCase == Record.BodyOneofCase.Message,
            content) { Detail = detail };
    }

    private static void Strip(Record record)
    {
        record.Id = 0;
        record.Chat = 0;
        record.Sender = "";
        record.ClientId = ByteString.Empty;
        record.MembersMax = 0;
        record.PullAt = 0;
        record.PushBelow = 0;
    }
}
