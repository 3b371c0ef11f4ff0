using LiveChat.Core.Sequencing;
using LiveChat.Tests.Sequencing;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.History;

/// <summary>What the sequencer makes of a stream of records, in a chat of its own.</summary>
internal static class ChatEvents
{
    public static List<SequencedEvent> Of(IEnumerable<Record> records, ulong chat)
    {
        var run = new ChatRun();
        return [.. records
            .Select(record => run.Next(record.Clone().InChat(chat)))
            .OfType<Verdict.Accepted>()
            .Select(verdict => verdict.Event)];
    }
}
