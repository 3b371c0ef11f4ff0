namespace LiveChat.Cli.Pipes;

/// <summary>
/// Lines of standard input whose wait can be cancelled: the console's own reader blocks its caller. A thread of the
/// pool waits for the line; at the end it dies with the process. One reader at a time.
/// </summary>
internal sealed class StandardInput(TextReader inner) : TextReader
{
    public override async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken) =>
        await Task.Run(inner.ReadLine, cancellationToken).WaitAsync(cancellationToken);
}
