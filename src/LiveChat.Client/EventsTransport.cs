namespace LiveChat.Client;

/// <summary>An answer that does not end, of server-sent events: the lines of an event are the frames of a message.
/// </summary>
internal sealed class EventsTransport(Uri realtime, TimeProvider time) : HttpTransport(realtime, time)
{
    /// <summary>How long the first event may take: a proxy that keeps answers until they are whole lets none through.
    /// </summary>
    private static readonly TimeSpan FirstWithin = TimeSpan.FromSeconds(5);

    private HttpResponseMessage? _answer;
    private EventReader? _events;
    private TransportMessage? _first;

    protected override async Task OpenAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(FirstWithin, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            _answer = await RequestAsync(HttpMethod.Post, Events, message, either.Token).ConfigureAwait(false);
            if (_answer.Content.Headers.ContentType?.MediaType != "text/event-stream")
                throw new TransportException($"{Events.Authority} answered with no events", null)
                {
                    Status = (int)_answer.StatusCode,
                    IsBlocked = true,
                };
            NoteSession(_answer);
            _events = new EventReader(await _answer.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false));
            _first = await NextAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException late)
            when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var reason = $"{Events.Authority} sent no event within {FirstWithin.TotalSeconds} s";
            throw new TransportException(reason, late) { IsBlocked = true };
        }
    }

    protected override async Task<TransportMessage> NextAsync(CancellationToken cancellationToken)
    {
        if (_first is { } first)
        {
            _first = null;
            return first;
        }

        try
        {
            return await _events!.NextAsync(cancellationToken).ConfigureAwait(false) is { } message
                ? new TransportMessage(message, null)
                : new TransportMessage(default, Broken);
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or ObjectDisposedException)
        {
            throw new TransportException("the connection broke", failed);
        }
    }

    protected override void Release() => _answer?.Dispose();
}
