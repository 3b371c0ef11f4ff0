namespace LiveChat.Cli;

/// <summary>The command ends with a sentence for the user and an exit code.</summary>
/// <param name="exitCode">One of <see cref="Cli.ExitCode"/>.</param>
/// <param name="sentence">What went wrong and what to do.</param>
internal sealed class CliException(int exitCode, string sentence) : Exception(sentence)
{
    /// <summary>One of <see cref="Cli.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;
}
