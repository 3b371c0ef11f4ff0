namespace LiveChat.Server.Backups;

/// <summary>What a backup has, and what became of it.</summary>
public sealed record BackupReport
{
    /// <summary>Its name in its place; names sort by time.</summary>
    public required string Id { get; init; }

    /// <summary>When it was taken.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>The build that took it.</summary>
    public required string Version { get; init; }

    /// <summary>The id of the data folder that it is of.</summary>
    public required string Installation { get; init; }

    /// <summary>How many chats it has.</summary>
    public required long Chats { get; init; }

    /// <summary>How many messages these had, deleted ones too.</summary>
    public required long Messages { get; init; }

    /// <summary>Bytes of all its files.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes of the files that were copied; the others were in the place before.</summary>
    public long CopiedBytes { get; init; }

    /// <summary>Whether the secret of the data folder is in it.</summary>
    public required bool HasSecret { get; init; }

    /// <summary>What a verification found wrong; none when all is well.</summary>
    public IReadOnlyList<string> Wrong { get; init; } = [];
}
