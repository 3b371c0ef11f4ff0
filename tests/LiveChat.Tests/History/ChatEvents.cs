using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Chats;
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

    /// <summary>The frame of an event as it happens, its content in the record.</summary>
    public static ChatEvent FrameOf(SequencedEvent happens, bool showsTarget) => EventFrames.Of(
        HistoryRowsBuilder.WholeOf(happens), HistoryRowsBuilder.ContentOf(happens.Record), showsTarget);
}
