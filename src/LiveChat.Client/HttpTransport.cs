using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Threading.Channels;

namespace LiveChat.Client;

/// <summary>
/// A session over requests. The first message opens it; later ones wait in a queue, and those that wait together go in
/// one request. A queue that is full keeps the sender waiting. One task sends what is in the queue, one caller
/// receives.
/// </summary>
internal abstract class HttpTransport : ITransport
{
    protected const int Broken = 1006;
    private const int Left = 1000;
    private const int NotFound = 404;
    private const string Key = "LiveChat-Session";
    private const int WaitingMax = 256;

    /// <summary>What the server takes in one request.</summary>
    private const int MessageBytesMax = 64 * 1024;

    /// <summary>The server waits at most 10 s for room.</summary>
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(20);

    private readonly Channel<ReadOnlyMemory<byte>> _waiting = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(WaitingMax) { SingleReader = true });

    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };

    [SuppressMessage("Usage", "CA2213", Justification = "It has no timer, and a late send still cancels it.")]
    private readonly CancellationTokenSource _life = new();

    private Task _sending = Task.CompletedTask;
    private string? _key;
    private volatile TransportException? _broken;
    private volatile bool _hasLeft;

    /// <param name="realtime">The address of the realtime endpoint, with the route of the user.</param>
    /// <param name="time">For the waits.</param>
    protected HttpTransport(Uri realtime, TimeProvider time)
    {
        Time = time;
        Poll = Endpoint.Http(realtime, "poll");
        Events = Endpoint.Http(realtime, "events");
    }

    protected Uri Poll { get; }

    protected Uri Events { get; }

    protected TimeProvider Time { get; }

    public async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        if (_key is null)
        {
            await OpenAsync(message, cancellationToken).ConfigureAwait(false);
            _sending = SendWaitingAsync();
            return;
        }

        try
        {
            await _waiting.Writer.WriteAsync(message, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException closed)
        {
            throw _broken ?? new TransportException("the connection broke", closed);
        }
    }

    public async ValueTask<TransportMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _life.Token);
        try
        {
            return await NextAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception) when (_hasLeft)
        {
            return new TransportMessage(default, Left);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw _broken ?? new TransportException("the connection was closed", null);
        }
    }

    public async ValueTask CloseAsync(int code, CancellationToken cancellationToken)
    {
        _waiting.Writer.TryComplete();
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        _hasLeft = true;
        using var answer = await RequestAsync(HttpMethod.Delete, Poll, null, cancellationToken).ConfigureAwait(false);
        await _life.CancelAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _life.CancelAsync().ConfigureAwait(false);
        _waiting.Writer.TryComplete();
        await _sending.ConfigureAwait(false);
        Release();
        _http.Dispose();
    }

    /// <summary>Sends the first message, and notes the session in the answer.</summary>
    protected abstract Task OpenAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken);

    /// <summary>The next message of the server.</summary>
    protected abstract Task<TransportMessage> NextAsync(CancellationToken cancellationToken);

    /// <summary>Lets go of what the reader holds.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>Asks, and returns once the headers of a good answer are there.</summary>
    /// <exception cref="TransportException">There is no answer, or a bad one.</exception>
    protected async Task<HttpResponseMessage> RequestAsync(
        HttpMethod method, Uri address, ReadOnlyMemory<byte>? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address);
        if (_key is not null) request.Headers.Add(Key, _key);
        if (body is { } message)
        {
            request.Content = new ReadOnlyMemoryContent(message);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        }

        HttpResponseMessage answer;
        try
        {
            answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or ObjectDisposedException)
        {
            if (OperatingSystem.IsBrowser())
                throw new TransportException($"{address.Authority} cannot be reached", failed);
            throw ConnectFailure.Unanswered(address, failed);
        }

        if (answer.IsSuccessStatusCode) return answer;
        using (answer)
        {
            if (_key is not null && (int)answer.StatusCode == NotFound)
                throw new TransportException("the session is over", null) { Status = NotFound };
            if (!OperatingSystem.IsBrowser()) throw ConnectFailure.Answered(address, answer, Time.GetUtcNow());
            var status = (int)answer.StatusCode;
            throw new TransportException($"{address.Authority} answered with HTTP {status}", null)
            {
                Status = status,
                IsBlocked = TransportException.IsOnTheWay(status),
            };
        }
    }

    /// <summary>Notes the session of an answer that opened one. An answer without one refuses it in its frames.
    /// </summary>
    protected void NoteSession(HttpResponseMessage answer) =>
        _key = answer.Headers.TryGetValues(Key, out var keys) ? keys.First() : "";

    private async Task SendWaitingAsync()
    {
        var body = new ArrayBufferWriter<byte>();
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(_life.Token).ConfigureAwait(false))
            {
                body.ResetWrittenCount();
                while (_waiting.Reader.TryPeek(out var next)
                    && (body.WrittenCount == 0 || body.WrittenCount + 1 + next.Length <= MessageBytesMax))
                {
                    if (!_waiting.Reader.TryRead(out next)) break;
                    if (body.WrittenCount > 0) body.Write("\n"u8);
                    body.Write(next.Span);
                }

                using var limit = new CancellationTokenSource(SendTimeout, Time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _life.Token);
                using var answer = await RequestAsync(HttpMethod.Post, Poll, body.WrittenMemory, either.Token)
                    .ConfigureAwait(false);
            }
        }
        catch (Exception failed)
        {
            _broken = failed as TransportException ?? new TransportException("the connection broke", failed);
            _waiting.Writer.TryComplete();

            // Where the session is over its goodbye may still be read.
            if (_broken.Status != NotFound) await _life.CancelAsync().ConfigureAwait(false);
        }
    }
}
