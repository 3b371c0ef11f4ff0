using System.Globalization;
using LiveChat.Embedded.Disk;

namespace LiveChat.Embedded.Backups;

/// <summary>
/// When a data folder was last backed up: the command that made the backup notes it in the folder, and its server shows
/// it. Any thread.
/// </summary>
internal static class LastBackup
{
    /// <summary>The line is the moment that the backup has, in ISO 8601.</summary>
    private const string FileName = "last-backup";

    /// <summary>Notes a backup that is complete, durably.</summary>
    public static void Note(string dataFolder, DateTimeOffset takenAt) =>
        OwnFiles.WriteLine(dataFolder, FileName, takenAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));

    /// <summary>The moment of the last backup; null when none is noted.</summary>
    public static DateTimeOffset? Of(string dataFolder) =>
        DateTimeOffset.TryParseExact(
            OwnFiles.ReadLine(dataFolder, FileName), "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var at)
            ? at
            : null;
}
