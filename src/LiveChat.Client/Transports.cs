namespace LiveChat.Client;

/// <summary>The transports of a real client, the best first.</summary>
internal static class Transports
{
    public static IReadOnlyList<Func<Uri, CancellationToken, ValueTask<ITransport>>> All(TimeProvider time) =>
    [
        (address, cancellationToken) => WebSocketTransport.ConnectAsync(address, time, cancellationToken),
        (address, _) => ValueTask.FromResult<ITransport>(new EventsTransport(address, time)),
        (address, _) => ValueTask.FromResult<ITransport>(new PollTransport(address, time)),
    ];
}
