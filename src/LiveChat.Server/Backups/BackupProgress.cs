namespace LiveChat.Server.Backups;

/// <summary>How far a backup, a restore, a move, an export or an import is.</summary>
/// <param name="Stage">What is being done, as a person says it.</param>
/// <param name="Bytes">Bytes of this stage that are done.</param>
/// <param name="BytesTotal">All bytes of this stage; 0 where it is not counted.</param>
public readonly record struct BackupProgress(string Stage, long Bytes = 0, long BytesTotal = 0)
{
    /// <summary>What is counted in the place of bytes; null: bytes.</summary>
    public string? Unit { get; init; }
}
