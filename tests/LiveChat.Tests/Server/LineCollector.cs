using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace LiveChat.Tests.Server;

/// <summary>Hears every line of every category, and keeps it as it would be printed, exception and all. Any thread.
/// </summary>
internal sealed class LineCollector : ILoggerProvider
{
    private readonly ConcurrentQueue<(LogLevel Level, string Category, string Text)> _lines = new();

    public IReadOnlyCollection<(LogLevel Level, string Category, string Text)> Lines => [.. _lines];

    /// <summary>Nothing is printed; everything is heard, but for the category that the server turns off for good.
    /// </summary>
    public void Listen(ILoggingBuilder logging) => logging
        .ClearProviders()
        .AddProvider(this)
        .SetMinimumLevel(LogLevel.Trace)
        .AddFilter("Microsoft", LogLevel.Trace);

    public ILogger CreateLogger(string categoryName) => new Listener(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Listener(LineCollector collector, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            collector._lines.Enqueue((logLevel, category, $"{formatter(state, exception)} {exception}"));
    }
}
