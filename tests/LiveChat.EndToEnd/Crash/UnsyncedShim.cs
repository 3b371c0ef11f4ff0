namespace LiveChat.EndToEnd.Crash;

/// <summary>A library that is preloaded into a server to switch off all syncing: see <c>unsynced.c</c>.</summary>
internal static class UnsyncedShim
{
    /// <summary>Compiles it and says where it is.</summary>
    public static async Task<string> BuildAsync(string directory)
    {
        var library = Path.Combine(directory, "unsynced.so");
        await Shell.RunAsync(
            "cc", "-shared", "-fPIC", "-O1", "-o", library, Path.Combine(AppContext.BaseDirectory, "unsynced.c"));
        return library;
    }
}
