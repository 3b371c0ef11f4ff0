namespace LiveChat.Server.Backups;

/// <summary>Opens the place that an address names.</summary>
internal static class BackupPlaces
{
    private const string S3Scheme = "s3://";

    /// <param name="address">A folder, or <c>s3://BUCKET/PREFIX</c>.</param>
    /// <exception cref="BackupException">It is no address of a place.</exception>
    public static IBackupPlace Open(string address)
    {
        if (address.StartsWith(S3Scheme, StringComparison.Ordinal)) return S3Place.Open(address[S3Scheme.Length..]);
        if (address.Contains("://", StringComparison.Ordinal))
            throw new BackupException(
                BackupFault.Asked, $"{address} is no place for backups: name a folder, or s3://BUCKET/PREFIX.");
        return new FolderPlace(address);
    }
}
