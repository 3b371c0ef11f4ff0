namespace LiveChat.Server.Backups;

/// <summary>A backup that is wanted.</summary>
/// <param name="DataFolder">Of what.</param>
/// <param name="Place">To where: a folder, or <c>s3://BUCKET/PREFIX</c>.</param>
/// <param name="Progress">Hears how far it is.</param>
public sealed record BackupRequest(string DataFolder, string Place, IProgress<BackupProgress> Progress)
{
    /// <summary>How many backups stay in the place, this one among them, at least 1; null: all.</summary>
    public int? Keep { get; init; }

    /// <summary>How old a backup in the place may be: older ones are deleted, so that what was erased since goes; null:
    /// as old as it is.</summary>
    public TimeSpan? KeepFor { get; init; }

    /// <summary>Leaves out the secret of the data folder: who restores the backup has to put it back.</summary>
    public bool WithoutSecret { get; init; }
}
