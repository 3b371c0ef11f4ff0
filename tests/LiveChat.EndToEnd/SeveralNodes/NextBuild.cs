using LiveChat.EndToEnd.Crash;

namespace LiveChat.EndToEnd.SeveralNodes;

/// <summary>The server of the next build: the one of the tests, but for the Core with a rules number and a kind of
/// record more.</summary>
internal static class NextBuild
{
    private const string Core = "LiveChat.Core.dll";

    /// <summary>The number that it knows, and the build of the tests does not.</summary>
    public const ushort Rules = LiveChat.Core.Chats.RulesV4.Number + 1;

    /// <summary>A message that begins so is a record of the kind that only the next build knows.</summary>
    public const string Sign = "next:";

    /// <summary>That kind, in the envelope of its records.</summary>
    public const byte Kind = 20;

    /// <summary>Puts it into a folder, and gives its program.</summary>
    public static string PutInto(ScratchDirectory scratch)
    {
        var folder = Path.Combine(scratch.Path, "next");
        Directory.CreateDirectory(folder);
        foreach (var entry in new DirectoryInfo(AppContext.BaseDirectory).EnumerateFileSystemInfos())
        {
            var copy = Path.Combine(folder, entry.Name);
            if (entry.Name == Core) File.Copy(Path.Combine(AppContext.BaseDirectory, "next", Core), copy);

            // The program is looked for where its file really is.
            else if (entry.Name.StartsWith("livechat.", StringComparison.Ordinal)) File.Copy(entry.FullName, copy);
            else File.CreateSymbolicLink(copy, entry.FullName);
        }

        return Path.Combine(folder, "livechat.dll");
    }
}
