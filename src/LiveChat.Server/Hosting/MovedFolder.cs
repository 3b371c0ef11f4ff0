using LiveChat.Embedded;

namespace LiveChat.Server.Hosting;

/// <summary>A data folder whose chats were moved into a keyspace, or are being moved: no server starts with it, or
/// there would be two histories.
/// <code>data folder  'moved-to' → the keyspace      written before the first row is</code>
/// </summary>
internal static class MovedFolder
{
    public const string FileName = "moved-to";

    /// <summary>Where the chats went, or go; null when they stay.</summary>
    public static string? KeyspaceOf(DataFolder folder) => folder.ReadLine(FileName);

    /// <exception cref="DataFolderException">The chats are, or will be, elsewhere.</exception>
    public static void ThrowIfMoved(DataFolder folder)
    {
        if (KeyspaceOf(folder) is { } keyspace)
            throw new DataFolderException(
                $"The chats of the data folder {folder.Path} were moved into the keyspace {keyspace} of Cassandra, or "
                + "a move has begun: start the server with the configuration of the cluster and another folder. To "
                + "give the move up and go on with this folder, drop the keyspace and its topic, and delete "
                + $"{FileName} here (docs/ops/moving-up.md).");
    }
}
