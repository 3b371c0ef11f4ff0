using System.Globalization;
using LiveChat.Cluster.Store;
using LiveChat.Core.Contents;

namespace LiveChat.Cluster.Contents;

/// <summary>
/// How far the move of a data folder into the keyspace is. There from before the first row until for ever: a server
/// does not start on a keyspace whose move is not done.
/// <code>
/// installation  'move' → FOLDER-ID GENERATION PLACE, or FOLDER-ID GENERATION done     by conditions only
/// </code>
/// </summary>
/// <param name="FolderId">The id of the folder.</param>
/// <param name="Generation">The highest generation of the positions in it.</param>
/// <param name="Place">Everything before it is there; null when the move is done.</param>
internal sealed record MoveMark(string FolderId, int Generation, ContentPlace? Place)
{
    /// <summary>The row of <c>installation</c>.</summary>
    public const string Name = "move";

    private const string Done = "done";

    /// <exception cref="CassandraRefusedException">The line is none.</exception>
    public static MoveMark? Parse(string? line)
    {
        if (line is null) return null;
        try
        {
            if (line.Split(' ', 3) is [var folder, var generation, var place])
                return new MoveMark(
                    folder,
                    int.Parse(generation, CultureInfo.InvariantCulture),
                    place == Done ? null : ContentPlace.Parse(place));
        }
        catch (FormatException)
        {
            // Falls through: the sentence is the same.
        }

        throw new CassandraRefusedException(
            $"The row '{Name}' of the table installation says '{line}', which this version does not understand: use "
            + "the version of livechat that wrote it.");
    }

    public override string ToString() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{FolderId} {Generation} {(Place is { } place ? $"{place}" : Done)}");

    /// <summary>Lets a server start.</summary>
    /// <param name="mark">What the keyspace says; null where nothing was ever moved.</param>
    /// <param name="keyspace">Its name.</param>
    /// <exception cref="CassandraRefusedException">The keyspace holds a part of an installation.</exception>
    public static void ThrowIfHalf(MoveMark? mark, string keyspace)
    {
        if (mark is { Place: not null })
            throw new CassandraRefusedException(
                $"The move of the data folder {mark.FolderId} into the keyspace {keyspace} is not done: run livechat "
                + "move again, which goes on where it was. To give the move up, drop the keyspace and the topic, and "
                + "delete the file moved-to in the data folder.");
    }
}
