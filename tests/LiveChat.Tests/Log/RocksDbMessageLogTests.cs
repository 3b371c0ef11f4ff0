using LiveChat.Core.Log;
using LiveChat.Embedded.Log;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.Tests.Log;

public class RocksDbMessageLogTests : ClockedLogContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("livechat-log-").FullName;

    private protected virtual RocksDbLogOptions Options => new() { Partitions = 4, ReserveBytes = 0 };

    private protected override Task<IMessageLog> OpenAsync() => Task.FromResult<IMessageLog>(Open(Options));

    private protected override async Task<IMessageLog> RestartAsync(IMessageLog log)
    {
        await log.DisposeAsync();
        return Open(Options);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Another_number_of_partitions_is_refused_and_changes_nothing()
    {
        await Append(3, "a");
        await Log.DisposeAsync();

        var fewer = Assert.Throws<LogFailedException>(() => Open(new() { Partitions = 2, ReserveBytes = 0 }));
        Assert.Throws<LogFailedException>(() => Open(new() { Partitions = 5, ReserveBytes = 0 }));

        Assert.Contains("set it back to 4", fewer.Message, StringComparison.Ordinal);
        await using var reopened = Open(Options);
        Assert.Equal("a", Text(Assert.Single(await reopened.ReadAsync(3, Position.None, 100, default))));
    }

    [Fact]
    public async Task A_disk_below_its_reserve_refuses_appends_and_serves_reads()
    {
        await Append(0, "a");
        await Log.DisposeAsync();
        await using var full = Open(new() { Partitions = 4, ReserveBytes = long.MaxValue });

        await Assert.ThrowsAsync<LogUnavailableException>(
            () => full.AppendAsync(0, "b"u8.ToArray(), default).AsTask());
        Assert.Equal("a", Text(Assert.Single(await full.ReadAsync(0, Position.None, 100, default))));
        await full.TrimAsync(0, Position.Create(1, 0));
        Assert.Equal(Position.Create(1, 1), (await full.RangeAsync(0)).Begin);
    }

    [Fact]
    public async Task A_full_queue_refuses_instead_of_growing()
    {
        await Log.DisposeAsync();
        await using var log = Open(new() { Partitions = 4, ReserveBytes = 0, QueueBytesMax = 100 });
        await Assert.ThrowsAsync<LogUnavailableException>(
            () => log.AppendAsync(0, new byte[100], default).AsTask());
        await log.AppendAsync(0, new byte[84], default);
    }

    [Fact]
    public async Task Records_that_were_trimmed_leave_the_disk()
    {
        var record = new byte[64 << 10];
        new Random(1).NextBytes(record);
        for (var i = 0; i < 400; i++)
        {
            await Log.AppendAsync(0, record, default);
        }

        Assert.InRange(FolderBytes(), 25 << 20, long.MaxValue);
        await Log.TrimAsync(0, Position.Create(1, 389));

        // Ten records of 64 KiB, and what RocksDB keeps for itself.
        Assert.InRange(FolderBytes(), 0, 3 << 20);
        Assert.Equal(10, (await Log.ReadAgainAsync(0, Position.Create(1, 389), 1 << 20, default)).Count);
    }

    private protected RocksDbMessageLog Open(RocksDbLogOptions options) =>
        RocksDbMessageLog.Open(_folder, options, Time, NullLogger<RocksDbMessageLog>.Instance);

    private protected string Folder => _folder;

    private long FolderBytes() => new DirectoryInfo(_folder).EnumerateFiles().Sum(file => file.Length);
}
