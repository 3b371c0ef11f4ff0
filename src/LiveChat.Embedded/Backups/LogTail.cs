using System.Buffers.Binary;
using LiveChat.Core.Log;

namespace LiveChat.Embedded.Backups;

/// <summary>
/// A file with records of the log, each partition's in their order:
/// <code>
/// record   length(4) partition(4) position(8) time(8) bytes     numbers big-endian
/// end      -1(4) number of records(4 bytes of zero, 8)
/// </code>
/// One thread writes it, one reads it.
/// </summary>
internal static class LogTail
{
    private const int HeaderBytes = 24;
    private const int RecordBytesMax = 16 << 20;

    /// <summary>Appends records of one partition.</summary>
    public static void Write(Stream file, int partition, IReadOnlyList<LogEntry> entries)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        foreach (var entry in entries)
        {
            Fill(header, entry.Bytes.Length, partition, entry.Position.Value, entry.TimeMs);
            file.Write(header);
            file.Write(entry.Bytes.Span);
        }
    }

    /// <summary>Closes the list of records.</summary>
    public static void End(Stream file, long records)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        Fill(header, length: -1, partition: 0, records, timeMs: 0);
        file.Write(header);
    }

    /// <summary>Reads all records, one at a time.</summary>
    /// <exception cref="CheckpointException">The file does not have all that was written.</exception>
    public static IEnumerable<(int Partition, LogEntry Entry)> Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20);
        var header = new byte[HeaderBytes];
        for (var records = 0L; ; records++)
        {
            ReadWhole(file, header, path);
            var length = BinaryPrimitives.ReadInt32BigEndian(header);
            var position = BinaryPrimitives.ReadInt64BigEndian(header.AsSpan(8));
            if (length == -1 && position == records) yield break;
            if (length is < 0 or > RecordBytesMax) throw Cut(path);
            var bytes = new byte[length];
            ReadWhole(file, bytes, path);
            yield return (
                BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4)),
                new LogEntry(new Position(position), BinaryPrimitives.ReadInt64BigEndian(header.AsSpan(16)), bytes));
        }
    }

    private static void Fill(Span<byte> header, int length, int partition, long position, long timeMs)
    {
        BinaryPrimitives.WriteInt32BigEndian(header, length);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], partition);
        BinaryPrimitives.WriteInt64BigEndian(header[8..], position);
        BinaryPrimitives.WriteInt64BigEndian(header[16..], timeMs);
    }

    private static void ReadWhole(FileStream file, byte[] bytes, string path)
    {
        if (file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length) throw Cut(path);
    }

    private static CheckpointException Cut(string path) => new($"{path} does not have all records that were written.");
}
