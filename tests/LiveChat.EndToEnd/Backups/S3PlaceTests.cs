using System.Security.Cryptography;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Server.Backups;
using LiveChat.Tests.Server.Backups;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.EndToEnd.Backups;

/// <summary>Backups behind a real S3 API, which may die in the middle.</summary>
public sealed class S3PlaceTests(S3Service s3) : BackupPlaceContract, IClassFixture<S3Service>
{
    private const int LargeBytes = 64 << 20;
    private const int BufferBytes = 1 << 16;
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_backup_behind_s3_is_verified_and_restored()
    {
        s3.Name();
        await using var backed = await BackedUpServer.StartAsync();
        await backed.SayAsync("kept");

        // What a backup counts is in history; a sync waits until it is.
        Assert.IsType<Sync>(await backed.Ann.AskAsync(new SyncGet()));
        var address = $"s3://{await s3.NewBucketAsync()}/chats/daily";
        var report = await backed.CreateAsync(address);
        Assert.Equal(1, report.Messages);
        Assert.Empty((await BackedUpServer.VerifyAsync(address, id: null)).Wrong);
        await backed.RestoreAsync(backed.NewFolder(), id: null, address);
    }

    [Fact]
    public async Task A_bucket_that_is_not_there_is_said_to_be()
    {
        s3.Name();
        await using var backed = await BackedUpServer.StartAsync();
        var refused = await Assert.ThrowsAsync<BackupException>(() => backed.CreateAsync("s3://none-such/chats"));
        Assert.Equal(BackupFault.Asked, refused.Fault);
        Assert.Contains("NoSuchBucket", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>It dies before the file that would complete the backup, and in the middle of the files.</summary>
    [Theory]
    [InlineData("backups/")]
    [InlineData("files/")]
    public async Task An_s3_that_dies_in_the_middle_has_no_half_backup_and_the_next_one_goes_on_with_its_files(
        string folder)
    {
        s3.Name();
        Assert.SkipUnless(s3.IsOwn, "Only an S3 of this test is killed.");
        await using var backed = await BackedUpServer.StartAsync();
        await backed.SayAsync("kept");
        var address = $"s3://{await s3.NewBucketAsync()}/chats";
        using (var dying = new HurtPlace(BackupPlaces.Open(address), folder, () => s3.KillAsync(1)))
        {
            var away = await Assert.ThrowsAsync<BackupException>(() => backed.CreateAsync(dying));
            Assert.Equal(BackupFault.Unreachable, away.Fault);
            Assert.Contains("does not answer", away.Message, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(Path.Combine(backed.Server.Data, "checkpoint")));
        await backed.SayAsync("still there");
        await s3.StartAgainAsync();
        Assert.Empty(await LiveChatBackups.ListAsync(address, CancellationToken.None));
        await backed.CreateAsync(address);
        Assert.Empty((await BackedUpServer.VerifyAsync(address, id: null)).Wrong);
    }

    /// <summary>It stands still before the file that would complete the backup, and in the middle of the files: its
    /// connections stay open, and nobody answers.</summary>
    [Theory]
    [InlineData("backups/")]
    [InlineData("files/")]
    public async Task An_s3_that_stands_still_is_said_and_no_half_backup_is_there(string folder)
    {
        s3.Name();
        Assert.SkipUnless(s3.IsOwn, "Only an S3 of this test is frozen.");
        await using var backed = await BackedUpServer.StartAsync();
        await backed.SayAsync("kept");
        var address = $"s3://{await s3.NewBucketAsync()}/chats";
        using (var freezing = new HurtPlace(Impatient(address), folder, () => s3.FreezeAsync(1)))
            await SaysThatNothingMovesAsync(() => backed.CreateAsync(freezing));
        Assert.False(Directory.Exists(Path.Combine(backed.Server.Data, "checkpoint")));
        await backed.SayAsync("still there");
        await s3.ThawAsync(1);

        // What it had taken in before it stood still may be there: then it is whole.
        foreach (var late in await LiveChatBackups.ListAsync(address, CancellationToken.None))
            Assert.Empty((await BackedUpServer.VerifyAsync(address, late.Id)).Wrong);
        await backed.CreateAsync(address);
        Assert.Empty((await BackedUpServer.VerifyAsync(address, id: null)).Wrong);
    }

    /// <summary>Before it is asked for the file, and in the middle of its content.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_s3_that_stands_still_ends_a_restore_and_the_folder_is_as_before(bool beforeContent)
    {
        s3.Name();
        Assert.SkipUnless(s3.IsOwn, "Only an S3 of this test is frozen.");
        await using var backed = await BackedUpServer.StartAsync();
        await backed.SayAsync("kept");
        Assert.IsType<Sync>(await backed.Ann.AskAsync(new SyncGet()));
        var address = $"s3://{await s3.NewBucketAsync()}/chats";
        await backed.CreateAsync(address);
        var folder = backed.NewFolder();
        using (var freezing = new HurtPlace(Impatient(address), "files/", () => s3.FreezeAsync(1))
            { InContent = !beforeContent })
        {
            var shelf = new BackupShelf(freezing);
            var manifest = await shelf.FindAsync(id: null, CancellationToken.None);
            await SaysThatNothingMovesAsync(() => new BackupRestoration(
                shelf, manifest, new Progress<BackupProgress>(), NullLoggerFactory.Instance)
                .RunAsync(folder, lookAt: null, CancellationToken.None));
        }

        Assert.False(Directory.Exists(folder));
        await s3.ThawAsync(1);
        await backed.RestoreAsync(folder, id: null, address);
    }

    /// <summary>An upload in parts, which the library takes back by itself when it fails.</summary>
    [Fact]
    public async Task An_s3_that_stands_still_in_the_middle_of_a_large_file_has_nothing_of_it()
    {
        s3.Name();
        Assert.SkipUnless(s3.IsOwn, "Only an S3 of this test is frozen.");
        var address = $"s3://{await s3.NewBucketAsync()}/chats";
        using var place = Impatient(address);
        var large = RandomNumberGenerator.GetBytes(LargeBytes);
        await using var content = new HurtContent(new MemoryStream(large), () => s3.FreezeAsync(1), LargeBytes / 2);
        await SaysThatNothingMovesAsync(() => place.PutAsync("files/large", content, CancellationToken.None));
        await s3.ThawAsync(1);
        Assert.Empty(await place.ListAsync("files", CancellationToken.None));
        await place.PutAsync("files/large", new MemoryStream(large), CancellationToken.None);
        Assert.Equal(LargeBytes, (await place.ListAsync("files", CancellationToken.None))["large"]);

        // More than lies in the buffers of the way.
        await using (var read = await place.OpenAsync("files/large", CancellationToken.None))
        {
            await read.ReadExactlyAsync(new byte[BufferBytes]);
            await s3.FreezeAsync(1);
            await SaysThatNothingMovesAsync(() => read.CopyToAsync(Stream.Null));
        }

        await s3.ThawAsync(1);
    }

    internal override async Task<IBackupPlace> OpenAsync()
    {
        s3.Name();
        return BackupPlaces.Open($"s3://{await s3.NewBucketAsync()}/prefix");
    }

    /// <summary>A place that is not waited for long, so that the test is short.</summary>
    private static S3Place Impatient(string address) => S3Place.Open(address["s3://".Length..], SilenceMax);

    private static async Task SaysThatNothingMovesAsync(Func<Task> asked)
    {
        var away = await Assert.ThrowsAsync<BackupException>(asked);
        Assert.Equal(BackupFault.Unreachable, away.Fault);
        Assert.Contains("does not answer: for 5 s it took nothing", away.Message, StringComparison.Ordinal);
    }

    /// <summary>A place whose S3 is hurt before the first file of a folder is written or read, or in the middle of
    /// what is read.</summary>
    private sealed class HurtPlace(IBackupPlace inner, string folder, Func<Task> hurt) : IBackupPlace
    {
        public bool InContent { get; init; }

        public string Address => inner.Address;

        public Task<IReadOnlyDictionary<string, long>> ListAsync(string of, CancellationToken cancellationToken) =>
            inner.ListAsync(of, cancellationToken);

        public async Task<Stream> OpenAsync(string name, CancellationToken cancellationToken)
        {
            var isHurt = name.StartsWith(folder, StringComparison.Ordinal);
            if (isHurt && !InContent) await hurt();
            var content = await inner.OpenAsync(name, cancellationToken);
            return isHurt && InContent ? new HurtContent(content, hurt, behind: 1) : content;
        }

        public async Task PutAsync(string name, Stream content, CancellationToken cancellationToken)
        {
            if (name.StartsWith(folder, StringComparison.Ordinal)) await hurt();
            await inner.PutAsync(name, content, cancellationToken);
        }

        public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
            inner.DeleteAsync(name, cancellationToken);

        public void Dispose() => inner.Dispose();
    }
}
