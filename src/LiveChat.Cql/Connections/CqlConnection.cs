using System.Net;
using System.Runtime.CompilerServices;
using LiveChat.Cql.Diagnostics;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cql.Connections;

/// <summary>
/// One connection on which many requests are under way at once. Callers encode into the output buffer and wait for
/// their stream's answer. Three things run on their own: the answer loop, the writer loop, and a sweep ten times a
/// second that gives up what is overdue, and asks a silent node whether it is alive. Whatever breaks the connection
/// closes it for good; the pool makes another. With too many orphans it is worn out: the pool makes another as well,
/// and requests under way go on to their ends, unless the node is silent too.
/// </summary>
internal sealed partial class CqlConnection : IAsyncDisposable
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(100);

    private readonly CqlOptions _options;
    private readonly TimeProvider _time;
    private readonly Transport _transport;
    private readonly EnvelopeReader _envelopes;
    private readonly Action<ServerEvent>? _onEvent;
    private readonly ILogger _logger;
    private readonly StreamTable _streams;
    private readonly OutputBuffer _output;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _retired = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RequestPool _requests = new();
    private readonly ITimer _sweep;
    private readonly AnswerLoop _answers;
    private readonly Task _writing;
    private Task _heartbeat = Task.CompletedTask;

    /// <summary>The last request that its caller sent; set only by the one that is sending.</summary>
    private volatile Task _sending = Task.CompletedTask;
    private long _lastReceived;
    private int _isSweeping;
    private int _isClosed;
    private int _isDisposed;

    public CqlConnection(
        EndPoint node, CqlOptions options, Transport transport, EnvelopeReader envelopes, ProtocolVersion version,
        bool isSegmented, Action<ServerEvent>? onEvent)
    {
        Node = node;
        Version = version;
        _options = options;
        _time = options.TimeProvider;
        _transport = transport;
        _envelopes = envelopes;
        _onEvent = onEvent;
        _logger = options.LoggerFactory.CreateLogger<CqlConnection>();
        _streams = new StreamTable(options.InFlightMax, options.WaitingMax);
        _output = new OutputBuffer(version, isSegmented, options.BodyBytesMax);
        _lastReceived = _time.GetTimestamp();
        CqlTelemetry.CountConnection(1, node);
        _answers = new AnswerLoop(transport.Input, envelopes, this, _stopping.Token);
        _writing = WriteLoopAsync();
        _sweep = _time.CreateTimer(
            static state => ((CqlConnection)state!).Sweep(), this, SweepInterval, SweepInterval);
        _answers.Start();
    }

    public EndPoint Node { get; }

    public ProtocolVersion Version { get; }

    public bool IsOpen => Volatile.Read(ref _isClosed) == 0;

    /// <summary>Requests under way, those that were given up included.</summary>
    public int InFlight => _streams.TakenCount;

    /// <summary>When something was last received, or the connection made, as a time stamp.</summary>
    public long LastReceived => Volatile.Read(ref _lastReceived);

    /// <summary>Ends when the connection does.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Ends when another connection should take this one's place: it is closed, or worn out.</summary>
    public Task Retired => _retired.Task;

    /// <summary>
    /// Sends a request and waits for its answer. Cancelling gives up the wait at once and leaves the stream taken until
    /// the answer has come. Throws <see cref="CqlTimeoutException"/>, <see cref="CqlConnectionException"/>,
    /// <see cref="CqlBusyException"/>, <see cref="CqlTooLargeException"/>.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Response> SendAsync<TRequest>(
        TRequest request, TimeSpan timeout, bool isWrite, CancellationToken cancellationToken)
        where TRequest : struct, IRequest
    {
        cancellationToken.ThrowIfCancellationRequested();
        var deadline = _time.GetTimestamp() + (long)(timeout.TotalSeconds * _time.TimestampFrequency);
        var wait = _streams.Take(out var stream);
        if (wait is not null) stream = await WaitAsync(wait, timeout, cancellationToken).ConfigureAwait(false);
        while (_output.WaitForRoom() is { } room)
            await WaitForRoomAsync(room, stream, deadline, timeout, cancellationToken).ConfigureAwait(false);
        var pending = _requests.Rent();
        pending.Stream = stream;
        pending.Deadline = deadline;
        pending.Timeout = timeout;
        pending.IsWrite = isWrite;
        Start(request, pending);
        var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((Cancellation)state!).Cancel(token),
            cancellationToken.CanBeCanceled ? new Cancellation(this, pending) : null);
        Response response;
        try
        {
            response = await pending.Task.ConfigureAwait(false);
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
        }

        _requests.Return(pending); // one that failed is not used again: a late completion must not find a new owner
        return response;
    }

    /// <summary>
    /// Waits for requests whose callers still wait, all of which have a time-out of their own. Whoever calls it sends
    /// no more.
    /// </summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        while (IsOpen && _streams.AwaitedCount > 0 && !cancellationToken.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(5), _time, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Waits for such requests up to a time, then closes.</summary>
    public async Task CloseAsync(TimeSpan timeout)
    {
        using var deadline = new CancellationTokenSource(timeout, _time);
        await DrainAsync(deadline.Token).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        Abort(new ObjectDisposedException(nameof(CqlConnection)));
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1) return;
        await _sweep.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_answers.Ended, _writing, _heartbeat, _sending).ConfigureAwait(false);
        await _transport.Input.CompleteAsync().ConfigureAwait(false);
        await _transport.DisposeAsync().ConfigureAwait(false);
        _envelopes.Dispose();
        _output.Dispose();
        _stopping.Dispose();
    }

    private void Start<TRequest>(in TRequest request, PendingRequest pending)
        where TRequest : struct, IRequest
    {
        try
        {
            _streams.Add(pending);
        }
        catch
        {
            _streams.Release(pending.Stream);
            throw;
        }

        try
        {
            var bytes = _output.Append(request, pending.Stream, isAlone: _streams.TakenCount == 1);
            if (!bytes.IsEmpty) _sending = SendNowAsync(bytes);
        }
        catch
        {
            _streams.Withdraw(pending);
            throw;
        }
    }

    /// <summary>Runs in the caller's thread; whatever goes wrong fails the request through the stream table.</summary>
    private async Task SendNowAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _transport.WriteAsync(bytes, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Abort(exception);
        }
        finally
        {
            _output.Sent();
        }
    }

    private async ValueTask<short> WaitAsync(
        StreamWait wait, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await wait.Task.WaitAsync(timeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            _streams.GiveUp(wait);
            if (exception is OperationCanceledException) throw;
            throw new CqlTimeoutException(timeout, isOutcomeUnknown: false) { Node = Node };
        }
    }

    private async ValueTask WaitForRoomAsync(
        Task room, short stream, long deadline, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            var left = _time.GetElapsedTime(_time.GetTimestamp(), deadline);
            if (left <= TimeSpan.Zero) throw new TimeoutException();
            await room.WaitAsync(left, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _streams.Release(stream);
            if (exception is not TimeoutException) throw;
            throw new CqlTimeoutException(timeout, isOutcomeUnknown: false) { Node = Node };
        }
    }

    /// <summary>For the answer loop: the node is alive.</summary>
    internal void Received() => Volatile.Write(ref _lastReceived, _time.GetTimestamp());

    /// <summary>
    /// For the answer loop: the request that a message answers; null for an event and for an answer that comes too
    /// late, which are done with then.
    /// </summary>
    internal PendingRequest? Dispatch(in Response response)
    {
        var header = response.Header;
        if (!header.IsResponse || header.Version != Version)
            throw new CqlProtocolException($"A message of version {header.Version} came on a {Version} connection.");
        if (header.Stream < 0)
        {
            DispatchEvent(response);
            return null;
        }

        if (!_streams.TryAnswer(header.Stream, out var pending))
            throw new CqlProtocolException($"An answer came on stream {header.Stream}, on which nothing was asked.");
        if (!response.IsPassedOver)
        {
            if (pending is null) response.Return();
            return pending;
        }

        pending?.Fail(new CqlTooLargeException(header.BodyLength, _options.BodyBytesMax, pending.IsWrite)
        {
            Node = Node,
        });
        return null;
    }

    private void DispatchEvent(in Response response)
    {
        if (response.IsPassedOver)
            throw new CqlProtocolException($"{response.Header.Opcode} has {response.Header.BodyLength} bytes.");
        if (response.Header.Opcode == Opcode.Event)
        {
            var reader = new BodyReader(response.Body);
            Response.ReadPrefix(ref reader, response.Header.Flags);
            _onEvent?.Invoke(ServerEvent.Read(ref reader));
        }
        else if (response.Header.Opcode == Opcode.Error)
        {
            throw response.ReadError(); // about the connection itself, such as a broken segment
        }

        response.Return();
    }

    private async Task WriteLoopAsync()
    {
        await Task.Yield();
        try
        {
            while (true)
            {
                var bytes = await _output.TakeAsync().ConfigureAwait(false);
                if (bytes.IsEmpty) return;
                await _transport.WriteAsync(bytes, _stopping.Token).ConfigureAwait(false);
                _output.Sent();
            }
        }
        catch (Exception exception)
        {
            Abort(exception);
        }
    }

    /// <summary>Runs in the timer's thread, never twice at once.</summary>
    private void Sweep()
    {
        if (!IsOpen || Interlocked.Exchange(ref _isSweeping, 1) == 1) return;
        try
        {
            var now = _time.GetTimestamp();
            var expired = new List<PendingRequest>();
            _streams.TakeExpired(now, expired);
            foreach (var request in expired)
                request.Fail(new CqlTimeoutException(request.Timeout, request.IsWrite) { Node = Node });
            if (expired.Count > 0) CheckOrphans();
            var silence = _time.GetElapsedTime(Volatile.Read(ref _lastReceived), now);
            if (_retired.Task.IsCompleted && silence > _options.HeartbeatTimeout)
                Abort(new IOException($"{_streams.OrphanCount} requests were given up, and the node is silent."));
            else if (_heartbeat.IsCompleted && silence > _options.HeartbeatInterval)
                _heartbeat = BeatAsync();
        }
        finally
        {
            Volatile.Write(ref _isSweeping, 0);
        }
    }

    /// <summary>
    /// Any byte from the node counts as an answer: a node whose streams are all taken but which works is alive.
    /// </summary>
    private async Task BeatAsync()
    {
        var received = Volatile.Read(ref _lastReceived);
        try
        {
            var answer = await SendAsync(
                default(OptionsRequest), _options.HeartbeatTimeout, isWrite: false, _stopping.Token)
                .ConfigureAwait(false);
            answer.Return();
        }
        catch (Exception exception)
        {
            if (IsOpen && Volatile.Read(ref _lastReceived) == received)
                Abort(new IOException("The node does not answer a heartbeat.", exception));
        }
    }

    private void CheckOrphans()
    {
        var count = _streams.OrphanCount;
        if (count >= _options.OrphansMax && _retired.TrySetResult()) LogWorn(Node, count);
    }

    private void GiveUp(PendingRequest pending, CancellationToken cancellationToken)
    {
        if (!_streams.TryOrphan(pending)) return;
        pending.Fail(new OperationCanceledException(cancellationToken));
        CheckOrphans();
    }

    internal void Abort(Exception reason)
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 1) return;
        CqlTelemetry.CountConnection(-1, Node);
        if (reason is not ObjectDisposedException)
        {
            CqlTelemetry.CountLost();
            LogLost(reason, Node);
        }

        var requests = _streams.Close(reason);
        _output.Close();
        _stopping.Cancel();
        foreach (var request in requests)
            request.Fail(new CqlConnectionException(
                $"The connection was lost: {reason.Message}", request.IsWrite, reason)
            {
                Node = Node,
            });
        _closed.TrySetResult();
        _retired.TrySetResult();
    }

    /// <summary>What a cancelled token calls; one object, and only for a token that can be cancelled.</summary>
    private sealed class Cancellation(CqlConnection connection, PendingRequest pending)
    {
        public void Cancel(CancellationToken cancellationToken) => connection.GiveUp(pending, cancellationToken);
    }

    [LoggerMessage(EventId = 10002, Level = LogLevel.Warning,
        Message = "{Count} requests to {Node} were given up without an answer: the connection is replaced")]
    private partial void LogWorn(EndPoint node, int count);

    [LoggerMessage(EventId = 10001, Level = LogLevel.Warning, Message = "Connection to {Node} lost")]
    private partial void LogLost(Exception reason, EndPoint node);
}
