using System.ComponentModel.DataAnnotations;

namespace LiveChat.Server.Gateway;

/// <summary>What a connection may do that has not signed in, with a token over HTTP or with <c>connect</c>.</summary>
internal sealed class ConnectionOptions : IValidatableObject
{
    /// <summary>Connections of one address that have not signed in; one more is closed. IPv6 counts by /64.</summary>
    [Range(1, 1_000_000)]
    public int UnsignedPerAddress { get; set; } = 128;

    /// <summary>Seconds after which a connection that has not signed in is closed, whatever it does.</summary>
    [Range(1, 3_600)]
    public int UnsignedSeconds { get; set; } = 30;

    /// <summary>Sessions that the node opens in a second, long term, over whatever transport; more are told when to
    /// come back.</summary>
    [Range(1, 1_000_000)]
    public int OpensPerSecond { get; set; } = 1_000;

    /// <summary>Sessions that the node opens at once.</summary>
    [Range(1, 1_000_000)]
    public int OpensBurst { get; set; } = 5_000;

    /// <summary>Addresses and ranges of proxies, with commas between them: they have no such limits themselves, and the
    /// address that they name in <c>X-Forwarded-For</c> is that of a WebSocket. Nobody else is believed.</summary>
    public string TrustedProxies { get; set; } = "127.0.0.0/8,::1/128";

    /// <summary>Addresses and ranges without such limits, with commas between them.</summary>
    public string Exempt { get; set; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, ranges) in ((string, string)[])[
            (nameof(TrustedProxies), TrustedProxies), (nameof(Exempt), Exempt)])
            if (!AddressRanges.TryParse(ranges, out _, out var wrong))
                yield return new ValidationResult(
                    $"Connections:{name} has {wrong}, which is neither an address nor a range such as 10.0.0.0/8.",
                    [name]);
    }
}
