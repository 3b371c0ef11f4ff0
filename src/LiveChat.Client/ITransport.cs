namespace LiveChat.Client;

/// <summary>
/// A connection that carries whole messages, whatever it is made of; a pair in memory when the peer is a test. One
/// caller sends and one receives at a time. Whatever goes wrong is a <see cref="TransportException"/>.
/// </summary>
internal interface ITransport : IAsyncDisposable
{
    /// <summary>Sends one text message. The memory is the transport's until it is disposed of.</summary>
    ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken);

    /// <summary>The next message; valid until the next call.</summary>
    ValueTask<TransportMessage> ReceiveAsync(CancellationToken cancellationToken);

    /// <summary>Says goodbye with a close code and does not wait for long.</summary>
    ValueTask CloseAsync(int code, CancellationToken cancellationToken);
}

/// <summary>A message, or the close: then <see cref="CloseCode"/> is set (1006 for a connection that broke).</summary>
internal readonly record struct TransportMessage(ReadOnlyMemory<byte> Bytes, int? CloseCode);
