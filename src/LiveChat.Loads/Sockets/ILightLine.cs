namespace LiveChat.Loads.Sockets;

/// <summary>What carries one session, at as little cost as will do. One loop reads; anybody sends.</summary>
internal interface ILightLine : IDisposable
{
    /// <summary>What the server's close said; null when there was none.</summary>
    int? CloseCode { get; }

    /// <summary>The next message, which is valid until the next call; pings are answered. Empty at the end.</summary>
    Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Sends a message; the caller keeps the order.</summary>
    void SendMessage(ReadOnlySpan<byte> message);
}
