using System.Buffers.Binary;

namespace LiveChat.Embedded.Backups;

/// <summary>
/// A file with the sums of chats, by rising chat id:
/// <code>chat(8) seq(8) messages(8) rows(8) sum(16)     numbers big-endian</code>
/// </summary>
internal static class ChatSumsFile
{
    private const int RowBytes = 48;

    /// <summary>Writes the sums, and returns how many chats and messages they are of.</summary>
    public static (long Chats, long Messages) Write(
        Stream file, IEnumerable<ChatSum> sums, CancellationToken cancellationToken)
    {
        var (chats, messages) = (0L, 0L);
        Span<byte> row = stackalloc byte[RowBytes];
        foreach (var sum in sums)
        {
            cancellationToken.ThrowIfCancellationRequested();
            BinaryPrimitives.WriteUInt64BigEndian(row, sum.Chat);
            BinaryPrimitives.WriteInt64BigEndian(row[8..], sum.Seq);
            BinaryPrimitives.WriteInt64BigEndian(row[16..], sum.Messages);
            BinaryPrimitives.WriteInt64BigEndian(row[24..], sum.Rows);
            BinaryPrimitives.WriteUInt128BigEndian(row[32..], sum.Sum);
            file.Write(row);
            (chats, messages) = (chats + 1, messages + sum.Messages);
        }

        return (chats, messages);
    }

    /// <summary>Reads them back, one at a time.</summary>
    /// <exception cref="CheckpointException">The file ends within one.</exception>
    public static IEnumerable<ChatSum> Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20);
        var row = new byte[RowBytes];
        while (file.ReadAtLeast(row, RowBytes, throwOnEndOfStream: false) is > 0 and var length)
        {
            if (length < RowBytes) throw new CheckpointException($"{path} ends within the sum of a chat.");
            yield return new ChatSum(
                BinaryPrimitives.ReadUInt64BigEndian(row),
                BinaryPrimitives.ReadInt64BigEndian(row.AsSpan(8)),
                BinaryPrimitives.ReadInt64BigEndian(row.AsSpan(16)),
                BinaryPrimitives.ReadInt64BigEndian(row.AsSpan(24)),
                BinaryPrimitives.ReadUInt128BigEndian(row.AsSpan(32)));
        }
    }

    /// <summary>The chats of which two lists of sums do not say the same, in their order.</summary>
    public static IEnumerable<ulong> Differences(IEnumerable<ChatSum> ones, IEnumerable<ChatSum> others)
    {
        using var one = ones.GetEnumerator();
        using var other = others.GetEnumerator();
        var (hasOne, hasOther) = (one.MoveNext(), other.MoveNext());
        while (hasOne || hasOther)
        {
            var order = !hasOther ? -1 : !hasOne ? 1 : one.Current.Chat.CompareTo(other.Current.Chat);
            if (order != 0 || one.Current != other.Current) yield return (order <= 0 ? one : other).Current.Chat;
            if (order <= 0) hasOne = one.MoveNext();
            if (order >= 0) hasOther = other.MoveNext();
        }
    }
}
