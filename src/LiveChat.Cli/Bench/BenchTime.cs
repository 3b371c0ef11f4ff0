namespace LiveChat.Cli.Bench;

/// <summary>What of a scenario's time the command line chooses.</summary>
internal enum BenchTime
{
    /// <summary>It ends when something has happened.</summary>
    ByEvents,

    /// <summary>It lasts some seconds.</summary>
    Length,

    /// <summary>It lasts some seconds after a warm-up.</summary>
    WarmUp,
}
