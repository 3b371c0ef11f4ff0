namespace LiveChat.EndToEnd.Crash;

/// <summary>A directory of one test, gone with it.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("livechat-crash-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
