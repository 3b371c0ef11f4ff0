using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Frames;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Gateway;

/// <summary>
/// One request that reads a session: a poll, or an event stream, which is a poll that does not end. It waits in the
/// outbox's one place for a reader; its timer, a newer reader and the end of the request wake it. One loop, in the turn
/// of the session's readers; <see cref="Yield"/> is called by any thread.
/// </summary>
internal sealed class HttpReader : IDisposable
{
    public const string Acknowledge = "LiveChat-Ack";
    public const string EventStream = "text/event-stream";
    public const string Frames = "application/x-ndjson";

    /// <summary>How long a poll is held without a frame.</summary>
    private static readonly TimeSpan HeldFor = TimeSpan.FromSeconds(25);

    /// <summary>How long nothing at all is sent: less than 15 s.</summary>
    private static readonly TimeSpan SignEvery = TimeSpan.FromSeconds(14);

    /// <summary>How long a write may last after the session was closed.</summary>
    private static readonly TimeSpan CutAfter = TimeSpan.FromSeconds(5);

    private readonly HttpSession _session;
    private readonly HttpContext _context;
    private readonly bool _isStream;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    [SuppressMessage("Usage", "CA2213", Justification = "It has no timer, and a newer reader may still cancel it.")]
    private readonly CancellationTokenSource _yielded = new();
    private readonly long _began;
    private long _writtenAt;
    private bool _hasBegun;
    private volatile bool _hasYielded;
    private volatile bool _isWriting;

    public HttpReader(HttpSession session, HttpContext context, bool isStream, TimeProvider time)
    {
        (_session, _context, _isStream, _time) = (session, context, isStream, time);
        _began = _writtenAt = time.GetTimestamp();
        _timer = time.CreateTimer(Wake, session, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether a newer one took its place.</summary>
    public bool HasYielded => _hasYielded;

    /// <summary>Cancelled when a newer one took its place, also while it waits for its turn.</summary>
    public CancellationToken Yielded => _yielded.Token;

    /// <summary>Makes place for a newer one. A write that the peer does not take is cut; what was in it is repeated.
    /// </summary>
    public void Yield()
    {
        _hasYielded = true;
        _yielded.Cancel();
        if (_isWriting) _context.Abort();
        else _session.Outbox.WakeReader();
    }

    /// <summary>Writes until the answer is whole.</summary>
    /// <returns>What to answer instead; null when there was something, or nothing to say.</returns>
    public async Task<Problem?> RunAsync()
    {
        await using var gone = _context.RequestAborted.UnsafeRegister(Wake, _session);
        while (!_hasYielded && !_context.RequestAborted.IsCancellationRequested)
        {
            if (_session.TryNext(_isStream, out var frames))
            {
                if (!await TryWriteAsync(frames)) break;
                if (!_isStream) return null;
                _session.Forget();
                continue;
            }

            if (_session.Outbox.Closed is not null)
            {
                // The goodbye was acknowledged, or nobody is to be told.
                _session.Forget();
                return _hasBegun ? null : HttpSession.Unknown();
            }

            var now = _time.GetTimestamp();
            if (!_isStream && _time.GetElapsedTime(_began, now) >= HeldFor) return null;
            if (IsSignDue(now) && !await TryWriteAsync(default)) break;
            _timer.Change(UntilNext(now), Timeout.InfiniteTimeSpan);
            await _session.Outbox.WaitAsync();
        }

        // A newer one came before there was anything to say.
        if (!_hasBegun) _context.Response.StatusCode = StatusCodes.Status204NoContent;
        return null;
    }

    public void Dispose() => _timer.Dispose();

    private static void Wake(object? session) => ((HttpSession)session!).Outbox.WakeReader();

    /// <summary>A stream begins at once: its client waits for the headers.</summary>
    private bool IsSignDue(long now) =>
        (_isStream && !_hasBegun) || _time.GetElapsedTime(_writtenAt, now) >= SignEvery;

    private TimeSpan UntilNext(long now)
    {
        var sign = SignEvery - _time.GetElapsedTime(_writtenAt, now);
        var end = HeldFor - _time.GetElapsedTime(_began, now);
        var next = _isStream || sign < end ? sign : end;
        return next > TimeSpan.Zero ? next : TimeSpan.Zero;
    }

    /// <summary>Writes frames, or a sign that the answer goes on.</summary>
    /// <returns>False when the peer has not got it.</returns>
    private async Task<bool> TryWriteAsync(ReadOnlyMemory<byte> frames)
    {
        if (!_hasBegun) Begin();
        var bytes = new ArrayBufferWriter<byte>(Math.Max(16, frames.Length + 64));
        if (_isStream) WriteEvent(bytes, frames.Span);
        else WriteLines(bytes, frames.Span);

        _isWriting = true;
        try
        {
            // Looked at behind the mark: one that yields before it cuts nothing.
            if (_hasYielded) return false;
            var write = _context.Response.Body.WriteAsync(bytes.WrittenMemory, _context.RequestAborted);
            if (write.IsCompleted) await write;
            else await OrCutOnceClosedAsync(write.AsTask());
            _writtenAt = _time.GetTimestamp();
            return !_hasYielded && !_context.RequestAborted.IsCancellationRequested;
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            _isWriting = false;
        }
    }

    private void Begin()
    {
        _hasBegun = true;
        var headers = _context.Response.Headers;
        headers.ContentType = _isStream ? EventStream : Frames;
        headers.CacheControl = "no-store";
        headers["X-Accel-Buffering"] = "no"; // Or NGINX keeps the frames until it has many.
        if (!_isStream) headers[Acknowledge] = _session.Number.ToString(CultureInfo.InvariantCulture);
    }

    private static void WriteLines(ArrayBufferWriter<byte> bytes, ReadOnlySpan<byte> frames)
    {
        bytes.Write(frames);
        bytes.Write("\n"u8);
    }

    /// <summary>An event whose lines are the frames, and whose id acknowledges it; without frames a comment.</summary>
    private void WriteEvent(ArrayBufferWriter<byte> bytes, ReadOnlySpan<byte> frames)
    {
        if (frames.IsEmpty)
        {
            bytes.Write(":\n\n"u8);
            return;
        }

        bytes.Write("id: "u8);
        _session.Number.TryFormat(bytes.GetSpan(20), out var digits, default, CultureInfo.InvariantCulture);
        bytes.Advance(digits);
        foreach (var line in frames.Split((byte)'\n'))
        {
            bytes.Write("\ndata: "u8);
            bytes.Write(frames[line]);
        }

        bytes.Write("\n\n"u8);
    }

    /// <summary>A peer that reads slowly keeps the write waiting, after the close not for long.</summary>
    private async Task OrCutOnceClosedAsync(Task write)
    {
        if (await Task.WhenAny(write, _session.Outbox.Closing.InContextAsync()) != write)
        {
            try
            {
                await write.WaitAsync(CutAfter, _time);
            }
            catch (TimeoutException)
            {
                _context.Abort();
            }
        }

        await write;
    }
}
