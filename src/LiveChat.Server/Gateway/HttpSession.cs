using System.Diagnostics.CodeAnalysis;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Sessions;
using LiveChat.Core.Timing;
using LiveChat.Core.Workers;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Gateway;

/// <summary>
/// Carries one connection over requests: some read what is in its outbox, others bring messages for it. One reader at a
/// time, and a newer one takes the older one's place; one message at a time, in the order in which they came. The last
/// answer is kept until it is acknowledged, so that one that got lost on the way is repeated. Any thread; a reader's
/// turn guards the answer, a sender's turn the connection.
/// </summary>
/// <param name="key">Whoever knows it is the client: it is sent once, in the answer that opened the session.</param>
/// <param name="connection">What is carried; disposed at the end.</param>
/// <param name="ended">Told of the end, once.</param>
/// <param name="time">For the waits.</param>
[SuppressMessage("Design", "CA1001", Justification = "The turns have no handle, and late requests still take them.")]
internal sealed class HttpSession(
    UInt128 key, Connection connection, Action<HttpSession> ended, TimeProvider time)
{
    /// <summary>How long a request waits for its turn, its body and room in the outbox together.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(10);

    /// <summary>After so long without a reader the client counts as gone.</summary>
    private static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(30);

    /// <summary>How long an answer that was the last one can be asked for again.</summary>
    private static readonly TimeSpan LastAnswerFor = TimeSpan.FromSeconds(5);

    private const int BatchBytesMax = 16 * 1024;
    private const int BodyBytes = 4 * 1024;

    private readonly ReadSlots _reading = new(1);
    private readonly ReadSlots _receiving = new(1);

    private HttpReader? _reader;
    private long _readAt = time.GetTimestamp();
    private volatile bool _isStream;
    private int _isEnded;

    /// <summary>The frames of the last answer; null when there are none.</summary>
    private MessageBuffer? _answer;
    private bool _isKept;
    private long _number;

    public UInt128 Key => key;

    public Outbox Outbox => connection.Outbox;

    /// <summary>Whether the device has signed in.</summary>
    public bool IsSignedIn => connection.Session is not null;

    /// <summary>The number of the session; 0 before the device has signed in.</summary>
    public ulong SessionNumber => connection.Session?.Number ?? 0;

    /// <summary>Who signed in.</summary>
    public UserId? User => connection.Session?.User;

    /// <summary>Whether its latest reader is an event stream.</summary>
    public bool IsStream => _isStream;

    /// <summary>The number of the latest answer. In the turn of a reader.</summary>
    public long Number => _number;

    /// <summary>Takes the first message, which signs the device in. If it does not, the first answer says why, and is
    /// the last one.</summary>
    /// <param name="context">The request, whose answer tells the key.</param>
    /// <param name="connect">The message.</param>
    /// <param name="cancellationToken">When taking it has lasted long enough.</param>
    public async Task SignInAsync(HttpContext context, MessageBuffer connect, CancellationToken cancellationToken)
    {
        try
        {
            await TakeAsync(connect, cancellationToken);
        }
        catch
        {
            await EndAsync();
            throw;
        }

        if (IsSignedIn) context.Response.Headers[HttpSessions.Header] = HttpSessions.TextOf(Key);
        else Outbox.Close(CloseCode.BadFrame); // Unless it is closed already, with a better reason.
    }

    /// <summary>Gives what there is to read in the answer to this request, as <see cref="HttpReader"/> says.</summary>
    /// <param name="context">The request.</param>
    /// <param name="acknowledged">The number of the last answer that the client has; 0 for none.</param>
    /// <param name="isStream">Whether the answer has no end.</param>
    /// <returns>Why there is none; null when it was given.</returns>
    public async Task<Problem?> ReadAsync(HttpContext context, long acknowledged, bool isStream)
    {
        connection.Hear();
        connection.TryCount(); // When it was too much, the answer says goodbye.
        var problem = await ReadAsync(new HttpReader(this, context, isStream, time), context, acknowledged, isStream);
        if (IsOver || !IsSignedIn) await EndAsync();
        return problem;
    }

    /// <summary>Takes the frames of the request's body, once those of the requests before it were taken.</summary>
    /// <returns>Why not all of them were; null when they were.</returns>
    public async Task<Problem?> ReceiveAsync(HttpContext context)
    {
        using var limit = new CancellationTokenSource(WaitMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        if (!await TryEnterAsync(_receiving, context, either.Token))
            return Problems.Of(ErrorCode.Unavailable, "Former frames of this session are still being taken.");
        try
        {
            // Read in turn, so that a session has the room of one body, however many requests there are.
            using var body = new MessageBuffer(BodyBytes);
            return await HttpBody.ReadAsync(context.Request, body, either.Token) ?? await TakeAsync(body, either.Token);
        }
        finally
        {
            _receiving.Leave();
        }
    }

    /// <summary>Takes frames, each once there is room for its answer.</summary>
    public async Task<Problem?> TakeAsync(MessageBuffer message, CancellationToken cancellationToken)
    {
        var rest = message.Written;
        if (!JsonFrames.TryTakeFrame(ref rest, out var frame)) await TakeAsync(message.Written);
        while (!frame.IsEmpty)
        {
            if (Outbox.Closed is not null) return Unknown();
            try
            {
                await Outbox.WaitForRoomAsync().InContextAsync().WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return Problems.Of(ErrorCode.Unavailable, "The answers of this session wait to be read.");
            }

            await TakeAsync(frame);
            JsonFrames.TryTakeFrame(ref rest, out frame);
        }

        return null;
    }

    /// <summary>The device says that it goes.</summary>
    public Task LeaveAsync()
    {
        connection.Leave();
        return EndAsync();
    }

    /// <summary>The frames of the next answer: those that are to be repeated, else what the outbox has. In the turn of
    /// a reader.</summary>
    /// <param name="isStream">Whether each part of the answer has a number of its own.</param>
    /// <param name="frames">Valid until the next call.</param>
    /// <returns>False when there is nothing.</returns>
    public bool TryNext(bool isStream, out ReadOnlyMemory<byte> frames)
    {
        if (_answer is not { Length: > 0 })
        {
            var answer = _answer ?? new MessageBuffer(BatchBytesMax);
            _answer = null;
            if (connection.Outbox.Take(answer, BatchBytesMax) == 0)
            {
                answer.Dispose();
                frames = default;
                return false;
            }

            (_answer, _isKept) = (answer, true);
            if (isStream) _number++;
        }

        frames = _answer.Written;
        return true;
    }

    /// <summary>The client has the answer, as far as the server can know: it cannot be repeated. In the turn of a
    /// reader.</summary>
    public void Forget()
    {
        _answer?.Dispose();
        (_answer, _isKept) = (null, false);
    }

    /// <summary>Whether its goodbye was read, and cannot be asked for again.</summary>
    public bool IsOver => connection.Outbox is { Closed: not null, Bytes: 0 } && !_isKept;

    /// <summary>Whether nobody reads it, and has not for so long that nobody will.</summary>
    public bool IsGone()
    {
        if (Volatile.Read(ref _reader) is not null) return false;
        var patience = connection.Outbox is { Closed: not null, Bytes: 0 } ? LastAnswerFor : GoneAfter;
        return time.GetElapsedTime(Volatile.Read(ref _readAt)) >= patience;
    }

    /// <summary>Nobody reads it any more; also when it has ended already.</summary>
    public async Task EndAsync()
    {
        if (Interlocked.Exchange(ref _isEnded, 1) != 0) return;
        ended(this);
        connection.Outbox.Abandon();

        // What is being taken and read ends by itself now; what waits for its turn finds that it is over.
        await _receiving.EnterAsync(CancellationToken.None);
        await _reading.EnterAsync(CancellationToken.None);
        try
        {
            Forget();
            await connection.DisposeAsync();
        }
        finally
        {
            _reading.Leave();
            _receiving.Leave();
        }
    }

    /// <summary>The answer to whoever names a session that is not here: the client opens another one.</summary>
    public static Problem Unknown(string? detail = null) => Problems.Of(ErrorCode.UnknownSession, detail);

    /// <summary>What was acknowledged is let go of. What was not is repeated under the number that it has.</summary>
    private bool TryAcknowledge(long acknowledged, bool isStream)
    {
        if (acknowledged == _number)
        {
            Forget();
            if (isStream) return true;
            _number++;
            return _isKept = true;
        }

        return acknowledged == _number - 1 && _isKept;
    }

    private async Task<Problem?> ReadAsync(HttpReader reader, HttpContext context, long acknowledged, bool isStream)
    {
        using var owned = reader;
        Interlocked.Exchange(ref _reader, reader)?.Yield();
        try
        {
            if (await TryEnterAsync(_reading, context, reader.Yielded))
                return await ReadInTurnAsync(reader, acknowledged, isStream);
            return reader.HasYielded
                ? null
                : Problems.Of(ErrorCode.Unavailable, "Another answer of this session is still being written.");
        }
        finally
        {
            Volatile.Write(ref _readAt, time.GetTimestamp());
            Interlocked.CompareExchange(ref _reader, null, reader);
        }
    }

    private async Task<Problem?> ReadInTurnAsync(HttpReader reader, long acknowledged, bool isStream)
    {
        try
        {
            if (Volatile.Read(ref _isEnded) != 0) return Unknown();
            if (reader.HasYielded) return null;
            if (!TryAcknowledge(acknowledged, isStream))
                return Unknown("ack names no answer of this session that is still there.");
            _isStream = isStream;
            return await reader.RunAsync();
        }
        finally
        {
            _reading.Leave();
        }
    }

    private async Task TakeAsync(ReadOnlyMemory<byte> message)
    {
        try
        {
            await connection.ReceiveAsync(message);
        }
        catch
        {
            // Our mistake: the device is told that much, the log what it was.
            connection.Outbox.Close(CloseCode.InternalError);
            throw;
        }
    }

    /// <summary>Waits for a turn until the request is over, or nobody wants it any more.</summary>
    private async Task<bool> TryEnterAsync(ReadSlots turn, HttpContext context, CancellationToken unwanted)
    {
        if (turn.TryEnter()) return true;
        using var limit = new CancellationTokenSource(WaitMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(
            limit.Token, context.RequestAborted, unwanted);
        try
        {
            await turn.EnterAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
