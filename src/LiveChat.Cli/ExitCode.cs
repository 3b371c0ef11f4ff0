using System.Collections.Immutable;

namespace LiveChat.Cli;

/// <summary>The exit codes of all commands: stable, for scripts. <c>--help</c> and docs/CLI.md show the table.
/// </summary>
internal static class ExitCode
{
    /// <summary>The command did what it was asked for.</summary>
    public const int Ok = 0;

    /// <summary>The server refused the command, or the server failed.</summary>
    public const int Refused = 1;

    /// <summary>The command line or the configuration is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The server did not answer in time.</summary>
    public const int NotReachable = 3;

    /// <summary>A measurement did not meet a threshold of the command line.</summary>
    public const int ThresholdMissed = 4;

    /// <summary>The server lost, repeated, disordered or altered a message of a load.</summary>
    public const int Faulty = 5;

    /// <summary>The terminal was closed: 128 and the number of SIGHUP.</summary>
    public const int HungUp = 129;

    /// <summary>Ctrl+C: 128 and the number of SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>The program behind the pipe reads no more: 128 and the number of SIGPIPE.</summary>
    public const int NoReader = 141;

    /// <summary>128 and the number of SIGTERM.</summary>
    public const int Terminated = 143;

    /// <summary>Every code and its meaning, in order.</summary>
    public static readonly ImmutableArray<(int Code, string Meaning)> Table =
    [
        (Ok, "Done. Also: `serve` stopped in order after Ctrl+C or SIGTERM."),
        (Refused, "The server refused the command. `serve`: the server failed, or its data is damaged. "
            + "`doctor`, `status`: something does not work. `backup`, `move`, `export`, `import`: a backup or a file "
            + "is damaged, or a disk refused it. "
            + "`bench`: the server ended the load."),
        (Usage, "The command line or the configuration is wrong. `serve`: the data folder cannot be used."),
        (NotReachable, "The server, the place of the backups, or the cluster of a `move` did not answer in time: what "
            + "was asked for may or may not have been done."),
        (ThresholdMissed, "`bench`: a threshold was not met."),
        (Faulty, "`bench`: a message was lost, repeated, out of order, altered, or of another sender."),
        (HungUp, "The terminal was closed before the command was done."),
        (Interrupted, "Ctrl+C (SIGINT) before the command was done."),
        (NoReader, "The program that read the output has ended, as in `livechat tail | head -1`."),
        (Terminated, "SIGTERM before the command was done."),
    ];
}
