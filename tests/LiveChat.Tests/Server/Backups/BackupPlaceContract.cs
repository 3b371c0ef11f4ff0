using System.Text;
using LiveChat.Server.Backups;
using Xunit;

namespace LiveChat.Tests.Server.Backups;

/// <summary>What every place of backups does.</summary>
public abstract class BackupPlaceContract
{
    /// <summary>An empty place.</summary>
    internal abstract Task<IBackupPlace> OpenAsync();

    [Fact]
    public async Task What_was_put_is_listed_with_its_length_and_read_back()
    {
        using var place = await OpenAsync();
        Assert.Empty(await place.ListAsync("", default));
        Assert.Empty(await place.ListAsync("files", default));
        await PutAsync(place, "mark", "whose");
        await PutAsync(place, "files/one", "1");
        await PutAsync(place, "files/three", "333");
        Assert.Equal(["files", "mark"], (await place.ListAsync("", default)).Keys.Order());
        var files = await place.ListAsync("files", default);
        Assert.Equal([("one", 1L), ("three", 3L)], files.Select(static one => (one.Key, one.Value)).Order());
        Assert.Equal("333", await ReadAsync(place, "files/three"));
    }

    [Fact]
    public async Task A_file_is_replaced_and_deleted_as_a_whole()
    {
        using var place = await OpenAsync();
        await PutAsync(place, "files/one", "a long one");
        await PutAsync(place, "files/one", "short");
        Assert.Equal("short", await ReadAsync(place, "files/one"));
        await place.DeleteAsync("files/one", default);
        await place.DeleteAsync("files/one", default);
        Assert.Empty(await place.ListAsync("files", default));
    }

    [Fact]
    public async Task A_file_that_is_missing_is_said_to_be()
    {
        using var place = await OpenAsync();
        var missing = await Assert.ThrowsAsync<BackupException>(() => ReadAsync(place, "files/none"));
        Assert.Equal(BackupFault.Damaged, missing.Fault);
        Assert.Contains("is missing", missing.Message, StringComparison.Ordinal);
    }

    /// <summary>More than one part of an upload, and more files than one page of a list.</summary>
    [Fact]
    public async Task A_large_file_and_many_files_are_whole()
    {
        using var place = await OpenAsync();
        var large = new byte[40 << 20];
        new Random(1).NextBytes(large);
        using (var content = new MemoryStream(large)) await place.PutAsync("files/large", content, default);
        await using (var stream = await place.OpenAsync("files/large", default))
        {
            using var read = new MemoryStream();
            await stream.CopyToAsync(read, TestContext.Current.CancellationToken);
            Assert.True(large.AsSpan().SequenceEqual(read.ToArray()));
        }

        for (var i = 0; i < 1_100; i++) await PutAsync(place, $"many/{i}", "");
        Assert.Equal(1_100, (await place.ListAsync("many", default)).Count);
    }

    private static async Task PutAsync(IBackupPlace place, string name, string text)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        await place.PutAsync(name, content, default);
    }

    private static async Task<string> ReadAsync(IBackupPlace place, string name)
    {
        await using var stream = await place.OpenAsync(name, default);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
