using System.Globalization;

namespace LiveChat.Core.Sessions;

/// <summary>
/// The position to resume from, as clients keep it: a log time in Unix milliseconds, in hexadecimal. Clients must not
/// look into it. It is no credential: it says nothing that the token does not allow.
/// </summary>
internal readonly record struct Since(long TimeMs)
{
    /// <summary>What is handed to a session stays this far behind the log time that the node has seen.</summary>
    public const long MarginMs = 60_000;

    /// <summary>Before everything: whoever comes with it does a full sync.</summary>
    public static Since Nothing => default;

    public static bool TryParse(string? text, out Since since)
    {
        since = default;
        if (text is not { Length: > 0 and <= 16 }) return false;
        if (!long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var time))
            return false;
        since = new Since(time);
        return time > 0;
    }

    public override string ToString() => TimeMs.ToString("x", CultureInfo.InvariantCulture);
}
