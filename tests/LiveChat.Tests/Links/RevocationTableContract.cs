using LiveChat.Core.Links;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Tests.Links;

/// <summary>What <see cref="IRevocationTable"/> promises, checked of every implementation.</summary>
public abstract class RevocationTableContract
{
    private const long HourMs = 60 * 60 * 1_000;

    private static int _users;

    /// <summary>A user of this test alone: implementations may keep what other tests wrote.</summary>
    private readonly UserId _user = UserId.Parse($"revoked-{Interlocked.Increment(ref _users)}");

    private protected abstract ValueTask<IRevocationTable> OpenAsync();

    [Fact]
    public async Task A_row_is_in_every_read_that_reaches_back_to_it_once()
    {
        var table = await OpenAsync();
        var nowMs = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Revocation[] rows =
        [
            Row(nowMs - (50 * HourMs), 1, null, 5),
            Row(nowMs - HourMs, 2, "phone", 6),
            Row(nowMs - 1, 4, "phone", long.MaxValue),
            Row(nowMs - 1, 3, null, long.MaxValue),
            Row(nowMs + 30_000, 5, null, 9), // Of a node whose clock is ahead.
        ];
        foreach (var row in rows.Reverse().Append(rows[1])) await table.WriteAsync(row, default);

        foreach (var row in rows)
            Assert.Equal(
                rows.Where(one => one.TimeMs >= row.TimeMs).OrderBy(static one => one.Id),
                (await ReadAsync(table, row.TimeMs)).OrderBy(static one => one.Id));
        Assert.Equal(rows.Length, (await ReadAsync(table, 0)).Length);
        Assert.Empty(await ReadAsync(table, nowMs + 30_001));
    }

    private Revocation Row(long timeMs, byte id, string? device, long beforeMs) =>
        new(timeMs, new Guid(id, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]), _user, device, beforeMs);

    private async Task<Revocation[]> ReadAsync(IRevocationTable table, long sinceMs)
    {
        var rows = await table.ReadSinceAsync(sinceMs, default);
        Assert.Equal(rows.Select(static row => row.TimeMs).Order(), rows.Select(static row => row.TimeMs));
        return [.. rows.Where(row => row.User == _user)];
    }
}
