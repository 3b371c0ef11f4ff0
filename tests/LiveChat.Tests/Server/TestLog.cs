using Microsoft.Extensions.Logging;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>
/// What a server logs goes to the output of the test that started it, which is shown when the test fails; of a server
/// that several tests share it goes nowhere. Any thread.
/// </summary>
internal sealed class TestLog : ILoggerProvider
{
    private readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;

    private TestLog()
    {
    }

    public static void Listen(ILoggingBuilder logging) => logging.ClearProviders().AddProvider(new TestLog());

    public ILogger CreateLogger(string categoryName) => new Category(_output, categoryName);

    public void Dispose()
    {
    }

    private sealed class Category(ITestOutputHelper? output, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => output is not null;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            try
            {
                output?.WriteLine($"{logLevel}: {name}[{eventId.Id}] {formatter(state, exception)} {exception}");
            }
            catch (InvalidOperationException)
            {
                // The test is over.
            }
        }
    }
}
