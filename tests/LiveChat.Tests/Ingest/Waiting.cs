using System.Buffers;
using LiveChat.Core.FanOut;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Log;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Ingest;

/// <summary>What the tests of commands without an answer begin with.</summary>
internal static class Waiting
{
    /// <summary>The commands of a node with this log.</summary>
    public static PendingCommands Over(
        IMessageLog log,
        TimeProvider time,
        int commandsMax = 8,
        Func<int, bool>? isStopped = null,
        ILogger<PendingCommands>? logger = null) =>
        new(
            log,
            commandsMax,
            isStopped ?? (static _ => false),
            new AnsweredChanges(new HistoryProgress(1, time), time),
            new TimingWheel(time),
            time,
            logger ?? NullLogger<PendingCommands>.Instance);

    /// <summary>A session that may have so many commands on their way.</summary>
    public static Inflight Session(TimeProvider time, int max) =>
        new(new Outbox(new OutboxOptions(), new OutboxBudget(long.MaxValue), time), max);

    public static ChatId Chat { get; } = new(9);

    public static Record RecordOf(ulong id) => new() { Id = id, Chat = 9 };

    /// <summary>What the session was told since the last look.</summary>
    public static List<ServerFrame> Frames(this Inflight session)
    {
        var message = new ArrayBufferWriter<byte>();
        session.Outbox.Take(message, int.MaxValue);
        var frames = new List<ServerFrame>();
        var rest = message.WrittenMemory;
        while (JsonFrames.TryTakeFrame(ref rest, out var line))
            frames.Add(JsonFrames.ReadServerFrame(line.Span).Frame!);
        return frames;
    }
}
