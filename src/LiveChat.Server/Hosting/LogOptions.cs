using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>The log, which goes to standard output.</summary>
internal sealed class LogOptions
{
    /// <summary>The lowest level that is written: <c>Trace</c>, <c>Debug</c>, <c>Information</c>, <c>Warning</c>,
    /// <c>Error</c>, <c>Critical</c>, or <c>None</c>.</summary>
    [EnumDataType(typeof(LogLevel))]
    public LogLevel Level { get; set; } = LogLevel.Information;

    /// <summary><c>Text</c> for people, or <c>Json</c>: an object a line, and nothing else on standard output.
    /// </summary>
    [EnumDataType(typeof(LogFormat))]
    public LogFormat Format { get; set; } = LogFormat.Text;
}
