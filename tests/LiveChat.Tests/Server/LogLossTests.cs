using LiveChat.Core.Log;
using LiveChat.Server.Hosting;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>A start finds out that the log lost records, and takes no other node's progress for that.</summary>
public sealed class LogLossTests
{
    private long _at = 10;

    /// <summary>Other nodes append and store between the two reads.</summary>
    [Fact]
    public async Task What_other_nodes_do_meanwhile_is_no_loss() =>
        Assert.Null(await LogLoss.FindAsync(() => PassedAsync(_at++), () => RangesAsync(_at++)));

    [Fact]
    public async Task A_log_that_ends_below_what_history_has_is_found()
    {
        var lost = await LogLoss.FindAsync(() => PassedAsync(12), () => RangesAsync(11));
        Assert.Equal((3, Position.Create(1, 11), Position.Create(1, 12)), (
            lost!.Value.Partition, lost.Value.Range.End, lost.Value.Passed));
    }

    private static Task<IReadOnlyDictionary<int, Position>> PassedAsync(long offset) =>
        Task.FromResult<IReadOnlyDictionary<int, Position>>(
            new Dictionary<int, Position> { [2] = Position.Create(1, 5), [3] = Position.Create(1, offset) });

    private static Task<IReadOnlyDictionary<int, LogRange>> RangesAsync(long end) =>
        Task.FromResult<IReadOnlyDictionary<int, LogRange>>(new Dictionary<int, LogRange>
        {
            [2] = new LogRange(Position.Create(1, 1), Position.Create(1, 5)),
            [3] = new LogRange(Position.Create(1, 1), Position.Create(1, end)),
        });
}
