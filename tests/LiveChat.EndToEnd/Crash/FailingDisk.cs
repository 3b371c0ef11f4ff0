namespace LiveChat.EndToEnd.Crash;

/// <summary>A library that is preloaded into a server and makes the disk of its data folder fail on demand: see
/// <c>failing.c</c>.</summary>
internal sealed class FailingDisk
{
    private readonly string _trigger;

    private FailingDisk(string library, string trigger, string data, string kind)
    {
        _trigger = trigger;
        Environment = new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = library,
            ["LIVECHAT_FAULT"] = trigger,
            ["LIVECHAT_FAULT_FOLDER"] = data + Path.DirectorySeparatorChar,
            ["LIVECHAT_FAULT_KIND"] = kind,
        };
    }

    /// <summary>What the server must find in its environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>The first failure ("f"), and each sync of the log after it ("s").</summary>
    public string Noted => File.ReadAllText(_trigger);

    public static async Task<FailingDisk> BuildAsync(string directory, string data, string kind)
    {
        var library = Path.Combine(directory, "failing.so");
        var source = Path.Combine(AppContext.BaseDirectory, "failing.c");
        await Shell.RunAsync("cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl");
        return new FailingDisk(library, Path.Combine(directory, "fail"), data, kind);
    }

    /// <summary>From now on. The file is never emptied: the server may have noted its failure in it by then.</summary>
    public void Fail() => new FileStream(_trigger, FileMode.CreateNew).Dispose();
}
