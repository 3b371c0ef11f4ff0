using Xunit;

namespace LiveChat.EndToEnd.Crash;

/// <summary>That the power cut cuts: without this, a test that loses nothing proves nothing.</summary>
public sealed class LoopImageTests
{
    [Fact]
    public async Task A_cut_keeps_what_was_synced_and_loses_what_was_not()
    {
        await Requirement.LoopDeviceAsync();
        using var scratch = new ScratchDirectory();
        await using var image = await LoopImage.CreateAsync(scratch.Path);
        await WriteAsync(Path.Combine(image.Mount, "synced"), flush: true);
        await WriteAsync(Path.Combine(image.Mount, "not-synced"), flush: false);

        await using var copy = await image.CutAsync(scratch.Path, 1);
        Assert.Equal("words", await File.ReadAllTextAsync(Path.Combine(copy.Mount, "synced")));
        var lost = new FileInfo(Path.Combine(copy.Mount, "not-synced"));
        Assert.True(!lost.Exists || lost.Length == 0);
    }

    private static async Task WriteAsync(string path, bool flush)
    {
        await using var stream = new FileStream(path, FileMode.Create);
        await stream.WriteAsync("words"u8.ToArray());
        stream.Flush(flush);
    }
}
