namespace LiveChat.Embedded.Disk;

/// <summary>
/// Reads the file that names all files of a database (its MANIFEST, in the format of a write-ahead log) before RocksDB
/// does, which reads for ever when one bit of a record's type is flipped. Every change of it is synced before it
/// counts, so a bad record is damage; only a record that the file ends in is what a crash leaves, and RocksDB's to
/// drop. Nothing is cut here: RocksDB deletes the files that the manifest does not name.
/// </summary>
internal static class ManifestCheck
{
    /// <exception cref="DataDamagedException">A record is not readable; nothing was changed.</exception>
    public static void Run(string folder)
    {
        var current = Path.Combine(folder, "CURRENT");
        if (!File.Exists(current)) return;
        var path = Path.Combine(folder, Path.GetFileName(File.ReadAllText(current).Trim()));

        // A name of nothing is for RocksDB to refuse.
        if (!File.Exists(path)) return;
        using var file = File.OpenRead(path);
        var block = new byte[WriteAheadLogBlock.Bytes];
        for (long start = 0; file.ReadAtLeast(block, block.Length, throwOnEndOfStream: false) is > 0 and var length;)
        {
            if (FindBad(block.AsSpan(0, length), isLast: file.Position == file.Length) is { } bad)
                throw DataDamagedException.At(path, start + bad, "a record is not readable");
            start += length;
        }
    }

    private static int? FindBad(ReadOnlySpan<byte> block, bool isLast)
    {
        for (var at = 0; block.Length - at >= WriteAheadLogBlock.HeaderBytes;)
        {
            var rest = block[at..];
            if (WriteAheadLogBlock.TryRead(rest, out var type, out var content))
            {
                if (type is < WriteAheadLogBlock.Full or > WriteAheadLogBlock.Last) return at;
                at += WriteAheadLogBlock.HeaderBytes + content.Length;
                continue;
            }

            var isUnfinished = isLast && type <= WriteAheadLogBlock.Last
                && (!rest.ContainsAnyExcept((byte)0)
                    || WriteAheadLogBlock.HeaderBytes + (rest[4] | (rest[5] << 8)) > rest.Length);
            return isUnfinished ? null : at;
        }

        return null;
    }
}
