namespace LiveChat.Cli;

/// <summary>What the process says when it ends; stable, for scripts.</summary>
internal static class ExitCode
{
    /// <summary>It was done.</summary>
    public const int Ok = 0;

    /// <summary>The server refused it.</summary>
    public const int Refused = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The server could not be reached in time.</summary>
    public const int NotReachable = 3;
}
