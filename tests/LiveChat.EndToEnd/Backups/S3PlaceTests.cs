using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Server.Backups;
using LiveChat.Tests.Server.Backups;
using Xunit;

namespace LiveChat.EndToEnd.Backups;

/// <summary>Backups behind a real S3 API, which may die in the middle.</summary>
public sealed class S3PlaceTests(S3Service s3) : BackupPlaceContract, IClassFixture<S3Service>
{
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
        using (var dying = new DyingPlace(BackupPlaces.Open(address), folder, s3))
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

    internal override async Task<IBackupPlace> OpenAsync()
    {
        s3.Name();
        return BackupPlaces.Open($"s3://{await s3.NewBucketAsync()}/prefix");
    }

    /// <summary>A place whose S3 is killed before the first file of a folder is written.</summary>
    private sealed class DyingPlace(IBackupPlace inner, string folder, S3Service s3) : IBackupPlace
    {
        public string Address => inner.Address;

        public Task<IReadOnlyDictionary<string, long>> ListAsync(string of, CancellationToken cancellationToken) =>
            inner.ListAsync(of, cancellationToken);

        public Task<Stream> OpenAsync(string name, CancellationToken cancellationToken) =>
            inner.OpenAsync(name, cancellationToken);

        public async Task PutAsync(string name, Stream content, CancellationToken cancellationToken)
        {
            if (name.StartsWith(folder, StringComparison.Ordinal)) await s3.KillAsync(1);
            await inner.PutAsync(name, content, cancellationToken);
        }

        public Task DeleteAsync(string name, CancellationToken cancellationToken) =>
            inner.DeleteAsync(name, cancellationToken);

        public void Dispose() => inner.Dispose();
    }
}
