namespace LiveChat.Core.Timing;

/// <summary>Times as they are stored, Unix milliseconds, of which 0 is none.</summary>
internal static class Times
{
    public static DateTimeOffset? OrNone(long ms) => ms == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
