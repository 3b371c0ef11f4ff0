using LiveChat.Embedded.Disk;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Disk;

public sealed class DiskReserveTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Nothing_may_be_written_while_less_is_free_than_the_reserve()
    {
        var free = 100L;
        var reserve = new DiskReserve(100, () => free, _time);
        Assert.Null(reserve.Refusal());
        free = 99;
        Assert.Null(reserve.Refusal()); // Looked up at most once a second.
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("short of room", reserve.Refusal(), StringComparison.Ordinal);
        free = 100;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(reserve.Refusal());
    }

    public static TheoryData<Exception> Failures =>
        [new IOException("gone"), new UnauthorizedAccessException("gone"), new DriveNotFoundException("gone")];

    [Theory]
    [MemberData(nameof(Failures))]
    public void A_disk_that_does_not_say_what_is_free_is_a_refusal_and_no_exception(Exception failure)
    {
        var isAway = true;
        var reserve = new DiskReserve(100, () => isAway ? throw failure : 100, _time);
        Assert.Contains("gone", reserve.Refusal(), StringComparison.Ordinal);
        isAway = false;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(reserve.Refusal());
    }
}
