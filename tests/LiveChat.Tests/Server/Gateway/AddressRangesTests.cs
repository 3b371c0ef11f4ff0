using System.Net;
using LiveChat.Server.Gateway;
using Xunit;

namespace LiveChat.Tests.Server.Gateway;

public sealed class AddressRangesTests
{
    [Theory]
    [InlineData("10.0.0.0/8", "10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "11.1.2.3", false)]
    [InlineData("10.0.0.0/8, 192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("192.0.2.7", "::ffff:192.0.2.7", true)]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7", true)]
    [InlineData("2001:db8::/32", "2001:db8:1::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("0.0.0.0/0", "::1", false)]
    [InlineData("", "127.0.0.1", false)]
    public void A_range_holds_its_addresses(string ranges, string address, bool isIn)
    {
        Assert.True(AddressRanges.TryParse(ranges, out var read, out _));
        Assert.Equal(isIn, read.Contains(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("10.0.0.0/33", "10.0.0.0/33")]
    [InlineData("10.0.0.0/8, proxy", "proxy")]
    [InlineData("*", "*")]
    public void What_is_no_range_is_named(string ranges, string wrong)
    {
        Assert.False(AddressRanges.TryParse(ranges, out _, out var named));
        Assert.Equal(wrong, named);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    public void An_ipv6_address_counts_with_its_64(string address, string counted) =>
        Assert.Equal(IPAddress.Parse(counted), AddressRanges.Counted(IPAddress.Parse(address)));
}
