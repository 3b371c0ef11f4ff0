using System.Globalization;

namespace LiveChat.EndToEnd.Crash;

/// <summary>
/// A file system of its own in a file, mounted over a loop device. What a copy of the file holds is what the inner
/// file system was made to write: everything that was synced, and what it wrote back by itself; the rest is lost
/// with the copy, as with a power cut. Needs root.
/// </summary>
internal sealed class LoopImage : IAsyncDisposable
{
    private const int MebibytesUsual = 384;
    private const int CopiesMax = 50;

    private readonly string _file;
    private readonly string _device;

    private LoopImage(string file, string device, string mount)
    {
        _file = file;
        _device = device;
        Mount = mount;
    }

    /// <summary>The directory under which the inner file system is seen.</summary>
    public string Mount { get; }

    /// <summary>Why this machine cannot do it; null when it can.</summary>
    public static async Task<string?> WhyNotAsync()
    {
        if (!OperatingSystem.IsLinux())
            return "loop devices exist on Linux only";
        if (!Environment.IsPrivilegedProcess)
            return "mounting a loop device needs root";
        var (exitCode, output) = await Shell.TryRunAsync("losetup", "--find");
        return exitCode == 0 ? null : $"no loop device can be had: {output}";
    }

    public static async Task<LoopImage> CreateAsync(string directory, int mebibytes = MebibytesUsual)
    {
        var file = Path.Combine(directory, "image-0");
        await using (var stream = File.Create(file))
            stream.SetLength(mebibytes * 1024L * 1024L);
        // A small journal: less to copy, and it wraps.
        await Shell.RunAsync("mkfs.ext4", "-q", "-J", "size=8", "-E", "lazy_itable_init=0", file);
        return await MountAsync(file, Path.Combine(directory, "mount-0"));
    }

    /// <summary>
    /// Copies the image as a power cut would leave it and mounts the copy. Whoever writes to the mount must stand
    /// still; the copy is taken again when the inner file system wrote something meanwhile.
    /// </summary>
    public async Task<LoopImage> CutAsync(string directory, int number)
    {
        var copy = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"image-{number}"));
        for (var i = 0; i < CopiesMax; i++)
        {
            var before = await WritesAsync();
            await Shell.RunAsync("cp", "--sparse=always", _file, copy);
            if (before == await WritesAsync())
                return await MountAsync(
                    copy, Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"mount-{number}")));
        }

        throw new InvalidOperationException("The inner file system wrote without an end.");
    }

    public async ValueTask DisposeAsync()
    {
        await Shell.RunAsync("umount", Mount);
        await Shell.TryRunAsync("losetup", "--detach", _device);
        Directory.Delete(Mount);
        File.Delete(_file);
    }

    private static async Task<LoopImage> MountAsync(string file, string mount)
    {
        Directory.CreateDirectory(mount);
        var device = await Shell.RunAsync("losetup", "--find", "--show", file);
        try
        {
            await Shell.RunAsync("mount", "-o", "noatime", device, mount);
        }
        catch (InvalidOperationException)
        {
            await Shell.TryRunAsync("losetup", "--detach", device);
            throw;
        }

        return new LoopImage(file, device, mount);
    }

    /// <summary>How many writes the device has completed and has under way.</summary>
    private async Task<string> WritesAsync()
    {
        var path = $"/sys/block/{Path.GetFileName(_device)}/stat";
        var fields = (await File.ReadAllTextAsync(path))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return $"{fields[4]} {fields[6]} {fields[8]}";
    }
}
