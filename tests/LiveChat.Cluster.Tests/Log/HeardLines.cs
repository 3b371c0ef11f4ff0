using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Tests.Log;

/// <summary>The lines that were logged, each behind its level. Any thread.</summary>
internal sealed class HeardLines : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) => _lines.Enqueue($"{logLevel}: {formatter(state, exception)}");

    /// <summary>Waits for a line with these words.</summary>
    public async Task<string> UntilAsync(params string[] words)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            var heard = _lines.FirstOrDefault(line => words.All(word => line.Contains(word, StringComparison.Ordinal)));
            if (heard is not null) return heard;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }

    public void Dispose()
    {
        // There is nothing to dispose of.
    }
}
