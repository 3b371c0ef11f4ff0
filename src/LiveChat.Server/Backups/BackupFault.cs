namespace LiveChat.Server.Backups;

/// <summary>Why something about a backup, a move, an export or an import failed.</summary>
public enum BackupFault
{
    /// <summary>What was asked for cannot be done: another place, folder or profile is needed.</summary>
    Asked = 1,

    /// <summary>A backup or a file is not what was written: cut, altered, or not readable by this version.</summary>
    Damaged = 2,

    /// <summary>A disk or a store refused: no room, no rights, or damaged data.</summary>
    Refused = 3,

    /// <summary>The place of the backups, or the cluster, does not answer.</summary>
    Unreachable = 4,
}
