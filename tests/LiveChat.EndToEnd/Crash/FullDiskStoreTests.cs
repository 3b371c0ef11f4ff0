using LiveChat.Core.Log;
using LiveChat.Embedded.Disk;
using LiveChat.Embedded.History;
using Microsoft.Extensions.Logging.Abstractions;
using RocksDbSharp;
using Xunit;

namespace LiveChat.EndToEnd.Crash;

/// <summary>A store whose disk was full for a moment: what it refused once it does not take behind that.</summary>
public sealed class FullDiskStoreTests
{
    private const int BatchesMax = 10_000;
    private const int TriesMax = 30;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_database_that_failed_to_write_takes_nothing_behind_it(bool isEachBatchSynced) =>
        FillAsync(
            folder => CheckedDatabase.Open(
                folder, isEachBatchSynced, static _ => { }, static () => [], NullLogger.Instance),
            (database, number) =>
            {
                using var batch = new WriteBatch();
                batch.Put(BitConverter.GetBytes(number), Value(number));
                database.Write(batch, isEachBatchSynced);
                if (!isEachBatchSynced) database.Sync();
            },
            static (database, _) => database.Sync(),
            static (database, count) =>
                Assert.All(
                    Enumerable.Range(0, count), i => Assert.NotNull(database.Rows.Get(BitConverter.GetBytes(i)))));

    [Fact]
    public Task History_that_failed_to_note_how_far_it_is_does_not_say_that_it_is_there() =>
        FillAsync(
            static folder => HistoryDatabase.Open(folder, NullLogger<HistoryDatabase>.Instance),
            static (history, number) =>
            {
                history.Put(BitConverter.GetBytes(number), Value(number), history.Default, sync: false);
                Flush(history, number);
            },
            Flush,
            static (history, count) => Assert.Equal(new Position(count), history.Passed(0)));

    private static void Flush(HistoryDatabase history, int number)
    {
        history.NotePassed(new Dictionary<int, Position> { [0] = new(number + 1) });
        history.Sync();
    }


    /// <summary>Writes until the disk is full, makes room, and goes on; then looks what is there.</summary>
    /// <param name="open">Opens the store in a folder.</param>
    /// <param name="write">Writes, durably, what has a number.</param>
    /// <param name="flush">Makes durable what was written up to the number.</param>
    /// <param name="check">That so many were written.</param>
    private static async Task FillAsync<T>(
        Func<string, T> open, Action<T, int> write, Action<T, int> flush, Action<T, int> check)
        where T : IDisposable
    {
        await Requirement.LoopDeviceAsync();
        using var scratch = new ScratchDirectory();
        await using var image = await LoopImage.CreateAsync(scratch.Path, SmallDisk.Mebibytes);
        var folder = Path.Combine(image.Mount, "store");
        var written = 0;
        using (var store = open(folder))
        {
            write(store, written++);
            var filler = SmallDisk.FillWhole(image, leave: 0);
            Exception? failure = null;
            while (failure is null && written < BatchesMax)
            {
                failure = Xunit.Record.Exception(() => write(store, written));
                if (failure is null) written++;
            }

            Assert.NotNull(failure);

            // RocksDB looks whether there is room again, and goes on by itself.
            File.Delete(filler);
            for (var i = 0; i < TriesMax; i++)
            {
                await Task.Delay(BetweenTries, TimeProvider.System);
                Assert.NotNull(Xunit.Record.Exception(() => flush(store, written)));
                Assert.NotNull(Xunit.Record.Exception(() => write(store, written)));
            }
        }

        using var again = open(folder);
        check(again, written);
    }

    /// <summary>What no table makes smaller.</summary>
    private static byte[] Value(int number)
    {
        var value = new byte[15_000];
        new Random(number).NextBytes(value);
        return value;
    }
}
