using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.Extensions.Logging;

namespace LiveChat.Client;

/// <summary>
/// One connection after <c>ready</c>. <see cref="RunAsync"/> is its one reading task; any thread may ask. The lock
/// keeps the pending answers and their numbers.
/// </summary>
internal sealed class Connection : IAsyncDisposable
{
    /// <summary>How long after the server's heartbeat is due the connection counts as dead.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>How long the server may take from <c>goodbye</c> to the close.</summary>
    private static readonly TimeSpan GoodbyeGrace = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(15);

    private readonly ITransport _transport;
    private readonly FrameReader _reader;
    private readonly TimeProvider _time;
    private readonly long _began;
    private readonly CancellationTokenSource _life = new();
    private readonly CancellationToken _lifeToken;
    private readonly Lock _lock = new();

    [SuppressMessage("Usage", "CA2213", Justification = "It has no handle, and late senders still leave it.")]
    private readonly SemaphoreSlim _sending = new(1);

    [SuppressMessage("Usage", "CA2213", Justification = "It has no handle, and late askers still leave it.")]
    private readonly SemaphoreSlim _inflight;

    private readonly Dictionary<uint, PendingAnswer> _pending = [];
    private readonly TaskCompletionSource _whenEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private uint _lastNumber = 1;
    private bool _ended;

    private Connection(ITransport transport, FrameReader reader, Ready ready, TimeProvider time)
    {
        _transport = transport;
        _reader = reader;
        Ready = ready;
        _time = time;
        _began = time.GetTimestamp();
        _lifeToken = _life.Token;
        _inflight = new SemaphoreSlim(Math.Max(1, ready.Limits.Inflight));
    }

    /// <summary>What the server said.</summary>
    public Ready Ready { get; }

    /// <summary>The server's clock now: what <c>ready</c> said and the time since. The device's clock may be wrong, or
    /// be set meanwhile.</summary>
    public DateTimeOffset ServerNow => Ready.ServerTime + _time.GetElapsedTime(_began);

    /// <summary>Cancelled when the connection has ended.</summary>
    public CancellationToken Life => _lifeToken;

    /// <summary>Done when the connection has ended.</summary>
    public Task Ended => _whenEnded.Task;

    /// <summary>Sends <c>connect</c> and waits for <c>ready</c>; takes the transport over.</summary>
    public static async Task<(Connection? Connection, ConnectionEnd? End)> HandshakeAsync(
        ITransport transport, Connect connect, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(HandshakeTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var reader = new FrameReader(transport, logger);
        Connection? connection = null;
        string? refused = null;
        try
        {
            await transport.SendAsync(Encode(connect with { Id = 1 }), both.Token).ConfigureAwait(false);
            while (true)
            {
                var (frame, end) = await reader.NextAsync(both.Token).ConfigureAwait(false);
                if (end is not null) return (null, refused is null ? end : end with { Reason = refused });
                switch (frame)
                {
                    case Ready ready:
                        connection = new Connection(transport, reader, ready, time);
                        return (connection, null);
                    case ErrorFrame error:
                        // The close that follows says whether to come back; this says why.
                        refused = error.Problem.Detail ?? error.Problem.Title;
                        break;
                }
            }
        }
        catch (OperationCanceledException late) when (deadline.IsCancellationRequested)
        {
            var reason = $"the server did not answer connect within {HandshakeTimeout.TotalSeconds} s";
            return (null, new ConnectionEnd(null, reason) { Cause = late, IsLate = true });
        }
        catch (TransportException failed)
        {
            return (null, ConnectionEnd.Of(null, failed));
        }
        catch (Exception broken) when (IsBroken(broken, cancellationToken))
        {
            return (null, new ConnectionEnd(null, "the connection broke") { Cause = broken });
        }
        finally
        {
            if (connection is null) await transport.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Reads until the connection ends; answers <c>ping</c>, hands answers to who asked and the rest to
    /// <paramref name="take"/>, in order. No frame for a heartbeat and ten seconds is an end, too.
    /// </summary>
    public async Task<ConnectionEnd> RunAsync(Action<ServerFrame> take, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        ConnectionEnd? end = null;
        try
        {
            while (end is null)
            {
                silence.CancelAfter(_reader.Goodbye is null
                    ? TimeSpan.FromMilliseconds(Ready.PingMs) + Grace
                    : GoodbyeGrace);
                (var frame, end) = await _reader.NextAsync(both.Token).ConfigureAwait(false);
                if (frame is Ping) await SendAsync(new Pong(), both.Token).ConfigureAwait(false);
                if (frame is { Re: { } number }) Answer(number, frame);
                else if (frame is not null) take(frame);
            }
        }
        catch (OperationCanceledException late) when (silence.IsCancellationRequested)
        {
            end = new ConnectionEnd((int)CloseCode.NoPong, "the server is silent") { Cause = late };
        }
        catch (Exception broken) when (IsBroken(broken, cancellationToken))
        {
            end = new ConnectionEnd(1006, "the connection broke") { Cause = broken };
        }
        finally
        {
            EndPending();
        }

        return end with { Lasted = _time.GetElapsedTime(_began) + TimeSpan.FromTicks(1) };
    }

    /// <summary>
    /// Sends a command and waits for its answer. <c>accepted</c> ends the time-out: the command is safe then and
    /// its answer comes, or the connection ends.
    /// </summary>
    /// <exception cref="TimeoutException">No answer came in time.</exception>
    /// <exception cref="ConnectionLostException">The connection ended first.</exception>
    /// <exception cref="LiveChatRefusedException">It is longer than what the server takes.</exception>
    public async Task<ServerFrame> AskAsync(
        ClientFrame command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(
            timer.Token, _lifeToken, cancellationToken);
        var answer = new PendingAnswer(timer);
        uint number = 0;
        try
        {
            await _inflight.WaitAsync(both.Token).ConfigureAwait(false);
            try
            {
                number = Register(answer);
                await SendAsync(command with { Id = number }, both.Token).ConfigureAwait(false);
                return await answer.Task.WaitAsync(both.Token).ConfigureAwait(false)
                    ?? throw new ConnectionLostException();
            }
            finally
            {
                Forget(number);
                _inflight.Release();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            if (_lifeToken.IsCancellationRequested || !timer.IsCancellationRequested)
                throw new ConnectionLostException();
            throw new TimeoutException("The server did not answer in time.");
        }
        catch (Exception broken) when (IsBroken(broken, cancellationToken))
        {
            throw new ConnectionLostException();
        }
    }

    /// <summary>
    /// Sends a frame that wants no answer. A send that has begun is not cancelled: half a message would cost the
    /// connection. A frame that is too long is not sent at all: the server would close the connection over it.
    /// </summary>
    public async Task SendAsync(ClientFrame frame, CancellationToken cancellationToken)
    {
        var bytes = Encode(frame);
        if (bytes.Length > Ready.Limits.FrameBytes) throw TooLarge(bytes.Length, Ready.Limits.FrameBytes);
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _transport.SendAsync(bytes, _lifeToken).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Leaves for good: the server frees the session at once.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _transport.CloseAsync((int)CloseCode.Normal, _lifeToken).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        EndPending();
        _life.Dispose();
        return _transport.DisposeAsync();
    }

    /// <summary>What a broken transport throws. One that a send has aborted reads as cancelled.</summary>
    private static bool IsBroken(Exception failed, CancellationToken cancellationToken) =>
        failed is TransportException
        || (failed is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static ReadOnlyMemory<byte> Encode(ClientFrame frame)
    {
        var output = new ArrayBufferWriter<byte>();
        JsonFrames.Write(output, frame);
        return output.WrittenMemory;
    }

    private static LiveChatRefusedException TooLarge(int bytes, int bytesMax) => new(new Problem
    {
        Code = ErrorCode.PayloadTooLarge,
        Title = "It is too large.",
        Status = 413,
        Retryable = false,
        Detail = string.Create(
            CultureInfo.InvariantCulture, $"The frame would have {bytes} bytes; the server takes {bytesMax}."),
    });

    private uint Register(PendingAnswer answer)
    {
        lock (_lock)
        {
            if (_ended) throw new ConnectionLostException();
            do
            {
                _lastNumber = _lastNumber == uint.MaxValue ? 1 : _lastNumber + 1;
            }
            while (!_pending.TryAdd(_lastNumber, answer));
            return _lastNumber;
        }
    }

    private void Forget(uint number)
    {
        lock (_lock) _pending.Remove(number);
    }

    private void Answer(uint number, ServerFrame frame)
    {
        PendingAnswer? answer;
        lock (_lock) answer = _pending.GetValueOrDefault(number);
        if (frame is Accepted) answer?.WaitWithoutEnd();
        else answer?.Complete(frame);
    }

    private void EndPending()
    {
        PendingAnswer[] open;
        lock (_lock)
        {
            if (_ended) return;
            _ended = true;
            open = [.. _pending.Values];
            _pending.Clear();
        }

        _life.Cancel();
        _whenEnded.TrySetResult();
        foreach (var answer in open) answer.Lose();
    }
}
