using Grpc.Core;

namespace LiveChat.Cluster.Links;

/// <summary>The two streams of a call as one end has them.</summary>
/// <param name="From">What the other end sends.</param>
/// <param name="To">Where this end's messages go.</param>
/// <param name="Close">Closes what they stand on.</param>
internal sealed record LinkStreams(
    IAsyncStreamReader<LinkMessage> From, IAsyncStreamWriter<LinkMessage> To, Func<ValueTask> Close)
{
    /// <summary>Whether this end has called: then the other one ends the call, once it has read everything.</summary>
    public bool IsCaller => To is IClientStreamWriter<LinkMessage>;

    /// <summary>Nothing more will be written.</summary>
    public Task CompleteWritesAsync() =>
        To is IClientStreamWriter<LinkMessage> caller ? caller.CompleteAsync() : Task.CompletedTask;

    /// <summary>Writes a step of the call's beginning.</summary>
    public Task WriteAsync(LinkOpening opening, CancellationToken cancellationToken) =>
        To.WriteAsync(new LinkMessage { Opening = opening }, cancellationToken);

    /// <summary>Reads the next message; null at the end.</summary>
    public async Task<LinkMessage?> ReadAsync(CancellationToken cancellationToken) =>
        await From.MoveNext(cancellationToken) ? From.Current : null;
}
