using System.ComponentModel.DataAnnotations;

namespace LiveChat.Core.Log;

/// <summary>How long the log keeps what everybody has processed.</summary>
internal sealed class LogTrimmerOptions
{
    /// <summary>A record younger than this stays.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How often old records are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Period { get; set; } = TimeSpan.FromHours(1);
}
