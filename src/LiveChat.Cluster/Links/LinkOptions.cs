namespace LiveChat.Cluster.Links;

/// <summary>How the links of this node are made.</summary>
internal sealed record LinkOptions
{
    /// <summary>How long an end may take for each step of a call's beginning.</summary>
    public static readonly TimeSpan OpeningMax = TimeSpan.FromSeconds(5);

    /// <summary>After so long without a sign each end asks the other for one, below the streams.</summary>
    public static readonly TimeSpan KeepAliveDelay = TimeSpan.FromSeconds(2);

    /// <summary>A connection whose other end does not answer that for so long is over.</summary>
    public static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(4);

    /// <summary>What a flush at the end of a call may take.</summary>
    public static readonly TimeSpan FlushMax = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of the largest frame.</summary>
    public const int FrameBytesMax = 4 * 1024 * 1024;

    /// <summary>Frames that wait for the peer, at most.</summary>
    public const int FramesWaitingMax = 4_096;

    /// <summary>Their bytes, at most.</summary>
    public const int BytesWaitingMax = 8 * 1024 * 1024;

    /// <summary>Frames that were read and that nobody has taken yet; the peer waits behind them.</summary>
    public const int ReadAheadMax = 16;

    /// <summary>Calls to other nodes that are beginning; more wait.</summary>
    public const int OpeningsMax = 8;

    /// <summary>Calls of others that have shown no proof yet; more are refused.</summary>
    public const int UnprovenMax = 64;

    /// <summary>Connections of others.</summary>
    public const int ConnectionsMax = 2_048;

    /// <summary>Where calls are taken, <c>host:port</c>; port 0 takes a free one.</summary>
    public required string Listen { get; init; }

    /// <summary>A file with the secret that all nodes share; null when certificates say who is who.</summary>
    public string? SecretFile { get; init; }

    /// <summary>The files of mutual TLS; null without.</summary>
    public LinkTlsFiles? Tls { get; init; }
}

/// <summary>Certificates of the links, in PEM. They are read for each connection anew, so that they can be replaced
/// while the node runs.</summary>
/// <param name="Certificate">This node's, for both directions, with those that lead to the authority.</param>
/// <param name="Key">Its private key.</param>
/// <param name="Authority">The authority that signs those of all nodes, and nobody else's.</param>
internal sealed record LinkTlsFiles(string Certificate, string Key, string Authority);
