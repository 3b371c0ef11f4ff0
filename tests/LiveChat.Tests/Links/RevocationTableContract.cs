using LiveChat.Core.Links;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Tests.Links;

/// <summary>What every table of revocations does.</summary>
public abstract class RevocationTableContract
{
    private const long Time = 1_780_000_000_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_row_is_read_by_who_asks_for_its_time_or_an_earlier_one()
    {
        var table = NewTable();
        var user = UserId.Parse("ann");
        Revocation[] rows =
        [
            new(Time, new Guid(1, 0, 0, new byte[8]), user, "phone", Time - 5),
            new(Time, new Guid(2, 0, 0, new byte[8]), user, null, Time - 5),
            new(Time + 90_000, new Guid(3, 0, 0, new byte[8]), UserId.Parse("bob"), null, long.MaxValue),
        ];
        foreach (var row in rows) await table.WriteAsync(row, Token);

        Assert.Equal(rows, await ReadAsync(Time - 3_600_000));
        Assert.Equal(rows, await ReadAsync(Time));
        Assert.Equal(rows[2..], await ReadAsync(Time + 1));
        Assert.Empty(await ReadAsync(Time + 90_001));

        async Task<IEnumerable<Revocation>> ReadAsync(long since) =>
            (await table.ReadSinceAsync(since, Token)).OrderBy(static row => (row.TimeMs, row.Id.ToString()));
    }

    /// <summary>An empty table.</summary>
    private protected abstract IRevocationTable NewTable();
}
