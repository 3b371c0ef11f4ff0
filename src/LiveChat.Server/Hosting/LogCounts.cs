using System.Diagnostics.Metrics;
using LiveChat.Core.Measuring;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>Counts the lines of the log by level, so that an alert can say that there is something to read. Any thread.
/// </summary>
internal sealed class LogCounts : ILoggerProvider, ILogger
{
    private readonly Tally _lines = new(
        "level", Enum.GetValues<LogLevel>().Where(static level => level is not LogLevel.None).Select(NameOf));

    public void Observe(Meter meter) => meter.CreateObservableCounter(
        "livechat.log.lines", _lines.Measure, "{line}", "Lines of the log, by level; those below LiveChat:Log:Level "
        + "are not written and not counted.");

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel is not LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) _lines.Add(NameOf(logLevel));
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }

    private static string NameOf(LogLevel level) => level.ToString().ToLowerInvariant();
}
