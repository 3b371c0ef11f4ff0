using Google.Protobuf;
using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;

namespace LiveChat.Bench.History;

/// <summary>A direct chat whose first event is its creation, and every other one a message of 100 bytes.</summary>
/// <param name="number">Tells it from the other chats of a run.</param>
internal sealed class ChatOfBench(ulong number)
{
    /// <summary>Who sends in every chat.</summary>
    public const string Member = "user-a";

    private static readonly EntryDecoder Decoder = new(RulesTable.Default);
    private static readonly string Text = new('x', 100);

    private readonly ChatSequencer _sequencer = new(null);
    private readonly Random _random = new((int)number);
    private Position _position = PartitionTail.First;

    public ChatId Id { get; } = new(number * 0x9E37_79B9_7F4A);

    /// <summary>The seq of the last event.</summary>
    public long Seq => _sequencer.State?.Seq ?? 0;

    /// <summary>The next event, as if the log had taken it at this time.</summary>
    public SequencedEvent Next(long timeMs)
    {
        Span<byte> chance = stackalloc byte[16];
        _random.NextBytes(chance);
        var record = new Record
        {
            Id = (ulong)_random.NextInt64(1, 1L << 50),
            Chat = Id.Value,
            Sender = Member,
            ClientId = ByteString.CopyFrom(ClientId.FromTime(timeMs, chance).Value.ToByteArray(bigEndian: true)),
            MembersMax = 256,
            PullAt = 50,
            PushBelow = 40,
        };
        if (Seq == 0) record.Created = new Created { Direct = true, Members = { $"user-b-{number}" } };
        else record.Message = new Message { Body = new Body { Text = Text } };
        var entry = new LogEntry(_position, timeMs, RecordEnvelope.Encode(record, RulesV2.Number));
        _position = _position.Next;
        if (Decoder.Decode(entry, out var decoded) is not EntryKind.Record)
            throw new InvalidOperationException("Not an envelope.");
        var verdict = _sequencer.Apply(
            decoded.Rules, decoded.Record, decoded.Key, decoded.Position, decoded.TimeMs, null);
        if (verdict is not Verdict.Accepted { Event: var accepted })
            throw new InvalidOperationException("A message was refused.");
        _sequencer.Forget(accepted.After.Position, long.MaxValue); // A key is used once.
        return accepted;
    }
}
