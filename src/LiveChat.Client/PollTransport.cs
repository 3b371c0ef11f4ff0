using System.Globalization;

namespace LiveChat.Client;

/// <summary>
/// Long polling: a request is held until there is something, and the next one acknowledges its answer. One that got
/// lost is asked for again, which repeats the answer.
/// </summary>
internal sealed class PollTransport(Uri realtime, TimeProvider time) : HttpTransport(realtime, time)
{
    private const string Acknowledge = "LiveChat-Ack";
    private const int TriesMax = 3;

    /// <summary>A page is at most 128 KB and frames may be batched; more than this is no server of ours.</summary>
    private const int MessageBytesMax = 4 * 1024 * 1024;

    /// <summary>The server holds a poll for 25 s.</summary>
    private static readonly TimeSpan PollTimeout = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(250);

    private long _acknowledged;
    private ReadOnlyMemory<byte> _first;

    protected override async Task OpenAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        using var answer = await RequestAsync(HttpMethod.Post, Poll, message, cancellationToken).ConfigureAwait(false);
        NoteSession(answer);
        _first = await ReadAsync(answer, cancellationToken).ConfigureAwait(false);
    }

    protected override async Task<TransportMessage> NextAsync(CancellationToken cancellationToken)
    {
        var message = _first;
        _first = default;
        while (message.IsEmpty) message = await PollAsync(cancellationToken).ConfigureAwait(false);
        return new TransportMessage(message, null);
    }

    private async Task<ReadOnlyMemory<byte>> PollAsync(CancellationToken cancellationToken)
    {
        var address = Endpoint.With(Poll, $"ack={_acknowledged.ToString(CultureInfo.InvariantCulture)}");
        for (var attempt = 1; ; attempt++)
        {
            using var limit = new CancellationTokenSource(PollTimeout, Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                using var answer = await RequestAsync(HttpMethod.Get, address, null, either.Token)
                    .ConfigureAwait(false);
                return await ReadAsync(answer, either.Token).ConfigureAwait(false);
            }
            catch (TransportException broken) when (broken.Status is null && attempt < TriesMax)
            {
                // It may be the one request alone: the server has the answer still.
            }
            catch (OperationCanceledException late) when (limit.IsCancellationRequested)
            {
                throw new TransportException("the poll was not answered", late);
            }

            await Task.Delay(TryAgainAfter * attempt, Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The frames of a whole answer, which is acknowledged by the next poll.</summary>
    private async Task<ReadOnlyMemory<byte>> ReadAsync(
        HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (!answer.Headers.TryGetValues(Acknowledge, out var values)
            || !long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw new TransportException($"{Poll.Authority} answered with no frames", null)
            {
                Status = (int)answer.StatusCode,
                IsBlocked = true,
            };
        var message = new MemoryStream();
        try
        {
            var body = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using var owned = body.ConfigureAwait(false);
            var buffer = new byte[16 * 1024];
            while (await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
            {
                message.Write(buffer, 0, count);
                if (message.Length > MessageBytesMax) throw new TransportException("the answer is too long", null);
            }
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException)
        {
            throw new TransportException("the connection broke", failed);
        }

        _acknowledged = number;
        var bytes = message.GetBuffer().AsMemory(0, (int)message.Length);
        return bytes.Span.ContainsAnyExcept((byte)'\n', (byte)'\r') ? bytes : default;
    }
}
