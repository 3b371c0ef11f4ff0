namespace LiveChat.Server.Transfers;

/// <summary>What became of a move, an export or an import.</summary>
/// <param name="Chats">How many chats.</param>
/// <param name="Messages">How many messages were ever written in them.</param>
/// <param name="Users">How many users.</param>
public sealed record TransferReport(long Chats, long Messages, long Users)
{
    /// <summary>Whether it was done before, and nothing was left to do.</summary>
    public bool WasDone { get; init; }

    /// <summary>After a move, whether clients resume where they were; else they read everything again.</summary>
    public bool ClientsResume { get; init; }
}
