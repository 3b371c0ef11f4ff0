namespace LiveChat.Core.Links;

/// <summary>
/// The calls between the nodes of a cluster. Of a pair of nodes each calls the other: the gateway's half calls the
/// owner's. Who may call is checked below: only nodes of this cluster get through. Any thread.
/// </summary>
internal interface ILinkNetwork
{
    /// <summary>Calls a node.</summary>
    /// <exception cref="LinkRefusedException">It refuses this node, says why, or is another one than was called.
    /// </exception>
    /// <exception cref="IOException">It cannot be reached.</exception>
    ValueTask<ILinkCall> CallAsync(NodeEntry node, LinkHello mine, CancellationToken cancellationToken);

    /// <summary>Serves the calls of others; set once, before the node is announced. A call ends with its task; a task
    /// that fails ends its own call only. Calls that come before are refused as of a node that starts.</summary>
    /// <param name="mine">What this end says first.</param>
    /// <param name="serve">Serves one call; the token ends when this node does, the end of the call is read.</param>
    void Listen(LinkHello mine, Func<ILinkCall, CancellationToken, Task> serve);
}

/// <summary>
/// One call: frames in order both ways, each once, or the call ends. What was written before an end may be lost from
/// some frame on, never in between. The contract tests check that, the bound, and that a peer which stops reading holds
/// up no writer. One reads; any thread writes.
/// </summary>
internal interface ILinkCall : IAsyncDisposable
{
    /// <summary>What the other end said first.</summary>
    LinkHello Peer { get; }

    /// <summary>Puts the frame behind those before it; never waits. False when there is no room (8 MB or 4,096 frames
    /// wait for the peer) or the call has ended: the frame is not sent.</summary>
    bool TryWrite(LinkFrame frame);

    /// <summary>Waits for the next frame; null when the call has ended.</summary>
    /// <exception cref="InvalidDataException">It ended by a frame that one of both cannot read; behind what came whole.
    /// </exception>
    ValueTask<LinkFrame?> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>The other node takes no call of this one.</summary>
internal sealed class LinkRefusedException(string message, Exception? inner = null) : Exception(message, inner);
