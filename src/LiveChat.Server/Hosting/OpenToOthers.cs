using LiveChat.Server.Tokens;

namespace LiveChat.Server.Hosting;

/// <summary>
/// What others on this machine could read: whoever has the secret is any user. It is said at each start and stops
/// nobody, since a volume may give its files the modes that it likes.
/// </summary>
internal static class OpenToOthers
{
    private const UnixFileMode Group = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;
    private const UnixFileMode Other = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>The data folder and the secret, each with the mode that it should have.</summary>
    public static IReadOnlyList<(string Path, string Mode)> Find(string dataFolder, TokenOptions options)
    {
        if (OperatingSystem.IsWindows()) return [];
        var secret = TokenSecret.PathOf(dataFolder, options);
        var found = new List<(string Path, string Mode)>();
        if ((File.GetUnixFileMode(dataFolder) & Other) != 0) found.Add((dataFolder, "700"));
        if ((File.GetUnixFileMode(secret) & (Group | Other)) != 0) found.Add((secret, "600"));
        return found;
    }
}
