using System.Globalization;

namespace LiveChat.Server.Doctor;

/// <summary>Bytes as a person reads them.</summary>
public static class SizeText
{
    /// <summary>As in <c>1.5 GiB</c>, <c>256 MiB</c> or <c>12 KiB</c>.</summary>
    public static string Of(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):N1} GiB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):#,0.#} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:N0} KiB"),
    };
}
