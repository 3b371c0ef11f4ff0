using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Workers;

/// <summary>A log entry with everything that is needed to decide on it.</summary>
internal readonly record struct DecodedEntry(
    Position Position, long TimeMs, Record Record, CommandKey Key, ChatId Chat, IRules Rules, int Bytes);

/// <summary>What an entry of the log is.</summary>
internal enum EntryKind
{
    /// <summary>Not what was appended: it is set aside and skipped.</summary>
    Damaged = 0,

    /// <summary>It is passed over.</summary>
    Tick,

    /// <summary>It is decided.</summary>
    Record,
}

/// <summary>Opens the envelopes of log entries; the two workers must agree on every entry. Pure; any thread.</summary>
internal sealed class EntryDecoder(RulesTable rules)
{
    /// <param name="entry">The entry.</param>
    /// <param name="decoded">What is needed to decide on a record.</param>
    /// <exception cref="UndecidableRecordException">The partition must stop.</exception>
    public EntryKind Decode(in LogEntry entry, out DecodedEntry decoded)
    {
        decoded = default;
        var envelope = RecordEnvelope.Decode(entry.Bytes.Span);
        switch (envelope.Status)
        {
            case EnvelopeStatus.ChecksumFailed:
                return EntryKind.Damaged;
            case EnvelopeStatus.Tick:
                return EntryKind.Tick;
            case EnvelopeStatus.Unknown:
                throw new UndecidableRecordException("The record has a kind that this version does not know.");
            case EnvelopeStatus.Ok:
            default:
                break;
        }

        if (!rules.TryGet(envelope.Rules, out var found))
            throw new UndecidableRecordException($"The rules number {envelope.Rules} is not known to this version.");

        var record = envelope.Record!; // There when the status is ok.
        decoded = new DecodedEntry(
            entry.Position,
            entry.TimeMs,
            record,
            CommandKey.Of(record),
            new ChatId(record.Chat),
            found,
            entry.Bytes.Length);
        return EntryKind.Record;
    }
}

/// <summary>A newer version may know what to do with the record; this one must not go on.</summary>
internal sealed class UndecidableRecordException(string message) : Exception(message);
