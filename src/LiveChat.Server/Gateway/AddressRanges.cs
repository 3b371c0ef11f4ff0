using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace LiveChat.Server.Gateway;

/// <summary>Ranges of IP addresses. An IPv4 address that is written as IPv6 is an IPv4 address.</summary>
internal sealed class AddressRanges(IReadOnlyList<IPNetwork> ranges)
{
    public bool Contains(IPAddress address) => ranges.Any(range => range.Contains(Plain(address)));

    /// <summary>Reads addresses and ranges with commas between them; false with the first that is neither.</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out AddressRanges? ranges, [NotNullWhen(false)] out string? wrong)
    {
        const StringSplitOptions split = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        (ranges, wrong) = (null, null);
        var found = new List<IPNetwork>();
        foreach (var part in text.Split(',', split))
        {
            if (IPNetwork.TryParse(part, out var range))
                found.Add(range);
            else if (IPAddress.TryParse(part, out var address))
                found.Add(new IPNetwork(Plain(address), LengthOf(Plain(address))));
            else
                wrong ??= part;
        }

        if (wrong is null) ranges = new AddressRanges(found);
        return ranges is not null;
    }

    /// <summary>What counts as one address: whoever has an IPv6 address has the whole /64.</summary>
    public static IPAddress Counted(IPAddress address)
    {
        address = Plain(address);
        if (address.AddressFamily is not AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(bytes.Length / 2).Clear();
        return new IPAddress(bytes);
    }

    private static IPAddress Plain(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static int LengthOf(IPAddress address) =>
        address.AddressFamily is AddressFamily.InterNetworkV6 ? 128 : 32;
}
