using System.Collections.Concurrent;
using LiveChat.Tests.Running;
using Xunit.Runner.Common;
using Xunit.Sdk;

[assembly: RegisterConsoleResultWriter("journal", typeof(Journal))]

namespace LiveChat.Tests.Running;

/// <summary>
/// Writes a line when a test begins and one when it ends, so that <c>build.sh</c> can name the tests of a process that
/// hangs or crashes, and count the others. Asked for with <c>-result-journal FILE</c>.
/// </summary>
public sealed class Journal : IConsoleResultWriter
{
    public string Description => "a line for each test that begins, passes, fails or is skipped, at once";

    public ValueTask<IResultWriterMessageHandler> CreateMessageHandler(
        string fileName, IMessageSink? diagnosticMessageSink) => new(new Handler(fileName));

    /// <summary>Any thread.</summary>
    private sealed class Handler(string path) : IResultWriterMessageHandler
    {
        private readonly TextWriter _lines =
            TextWriter.Synchronized(new StreamWriter(path) { AutoFlush = true, NewLine = "\n" });

        private readonly ConcurrentDictionary<string, string> _names = new();

        public bool OnMessage(IMessageSinkMessage message)
        {
            if (message is ITestStarting starting)
            {
                _names[starting.TestUniqueID] = starting.TestDisplayName.ReplaceLineEndings(" ");
                Note("begins", starting);
            }
            else if (message is ITestResultMessage result && Word(result) is { } word)
            {
                Note(word, result);
            }

            return true;
        }

        public ValueTask DisposeAsync() => _lines.DisposeAsync();

        private static string? Word(ITestResultMessage result) => result switch
        {
            ITestPassed => "passed",
            ITestFailed => "failed",
            ITestSkipped or ITestNotRun => "skipped",
            _ => null,
        };

        private void Note(string word, ITestMessage of) => _lines.WriteLine($"{word} {_names[of.TestUniqueID]}");
    }
}
