using System.Buffers.Binary;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Gateway;

/// <summary>
/// Carries one connection over one WebSocket: a loop that reads messages into it, a loop that writes what is in its
/// outbox. The frames of the outbox are shared by all who get them; as many as wait go into one message, with one
/// header and one flush. Whichever loop ends first closes the outbox; then the other has 5 s to say and hear the close,
/// after which the connection is cut. One state machine for each direction, since both are kept for as long as the
/// connection.
/// </summary>
/// <param name="connection">What is carried; disposed at the end.</param>
/// <param name="context">What asked for the socket; aborting it cuts the socket, and both loops end.</param>
/// <param name="unsigned">Its place among those that have not signed in; null where none is counted.</param>
/// <param name="time">For the 5 s.</param>
internal sealed class WebSocketConnection(
    Connection connection, HttpContext context, UnsignedConnection? unsigned, TimeProvider time)
{
    private const int MessageBytesMax = 16 * 1024;
    private const int DiscardBytes = 4 * 1024;
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    /// <summary>What the last ping said; a newer one takes its place.</summary>
    private byte[]? _pong;

    /// <summary>The socket; each loop uses its own direction.</summary>
    private Stream _stream = Stream.Null;

    /// <summary>When the writing loop first waited after the close.</summary>
    private long? _closedAt;

    /// <summary>Answers the handshake, and ends when the socket is closed; fails when the handshake does.</summary>
    public async Task RunAsync()
    {
        Task? reading = null;
        try
        {
            _stream = await WebSocketHandshake.AcceptAsync(context, RealtimeEndpoint.JsonProtocol);
            reading = ReadAsync();
            do await connection.Outbox.WaitAsync();
            while (await WriteNextAsync());
        }
        catch (Exception gone) when (reading is not null && IsGone(gone))
        {
            // Nobody is left to be told.
        }
        finally
        {
            connection.Outbox.Abandon();
            await EndAsync(reading ?? Task.CompletedTask);
        }
    }

    /// <summary>To the peer's close; what comes after the outbox was closed is read and ignored.</summary>
    private async Task ReadAsync()
    {
        using var reader = new WebSocketReader(_stream, Limits.FrameBytesMax);
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(CancellationToken.None);
                if (read.Kind is WebSocketReadKind.Text)
                {
                    await connection.ReceiveAsync(read.Payload);
                    if (connection.Session is not null) unsigned?.Dispose();
                }
                else if (IsLast(read)) return;
                else if (read.Kind is WebSocketReadKind.Violation) break;
            }

            await DiscardAsync();
        }
        catch (Exception gone) when (IsGone(gone))
        {
            connection.Outbox.Abandon();
        }
        catch
        {
            // Our mistake: the device is told that much, the log what it was.
            connection.Outbox.Close(CloseCode.InternalError);
            throw;
        }
    }

    /// <summary>Everything is said, or cannot be: waits for the peer's end.</summary>
    private async Task EndAsync(Task reading)
    {
        try
        {
            await OrCutAsync(reading);
        }
        finally
        {
            await _stream.DisposeAsync();
            await connection.DisposeAsync();
        }
    }

    /// <summary>Waits for what may last until 5 s after the close.</summary>
    private async Task OrCutAsync(Task last)
    {
        _closedAt ??= time.GetTimestamp();
        var left = CloseTimeout - time.GetElapsedTime(_closedAt.Value);
        try
        {
            await last.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        }
        catch (TimeoutException)
        {
            context.Abort();
            await last;
        }
    }

    private bool IsLast(WebSocketRead read)
    {
        switch (read.Kind)
        {
            case WebSocketReadKind.Ping when connection.TryCount():
                Volatile.Write(ref _pong, read.Payload.ToArray());
                connection.Outbox.WakeReader();
                return false;
            case WebSocketReadKind.Pong:
                connection.TryCount();
                return false;
            case WebSocketReadKind.Close:
                connection.Leave();
                return true;
            case WebSocketReadKind.Violation:
                connection.Outbox.Close(read.Code);
                return false;
            case WebSocketReadKind.End:
                connection.Outbox.Abandon();
                return true;
            default:
                return false;
        }
    }

    /// <summary>When the peer is gone nobody reads the outbox.</summary>
    private static bool IsGone(Exception exception) =>
        exception is IOException or OperationCanceledException or ObjectDisposedException;

    /// <summary>Whatever comes before the peer's end: a socket that is cut with unread bytes in it would take the
    /// goodbye and the code with it.</summary>
    private async Task DiscardAsync()
    {
        using var buffer = new MessageBuffer(DiscardBytes);
        while (await _stream.ReadAsync(buffer.GetMemory(), CancellationToken.None) > 0)
        {
        }
    }

    /// <summary>What waits now, in rented memory; false when that was the close.</summary>
    private async ValueTask<bool> WriteNextAsync()
    {
        var outbox = connection.Outbox;
        var isOver = false;
        using var message = new MessageBuffer(MessageBytesMax);
        message.Advance(WebSocketFrame.HeaderBytesMax);
        var start = WebSocketFrame.HeaderBytesMax;
        if (outbox.Take(message, MessageBytesMax) > 0)
        {
            start = WebSocketFrame.WriteHeader(
                message.First(start), WebSocketOpcode.Text, message.Length - WebSocketFrame.HeaderBytesMax);
        }
        else if (outbox.Closed is { } code)
        {
            WriteClose(message, code);
            isOver = true;
        }

        if (!isOver && Interlocked.Exchange(ref _pong, null) is { } pong)
            Write(message, WebSocketOpcode.Pong, pong);
        if (message.Length > start)
        {
            var write = _stream.WriteAsync(message.Written[start..], CancellationToken.None);
            if (write.IsCompleted) await write;
            else await OrCutOnceClosedAsync(write.AsTask());
        }

        return !isOver;
    }

    /// <summary>A peer that reads slowly keeps the write waiting, after the close not for long.</summary>
    private async Task OrCutOnceClosedAsync(Task write)
    {
        if (await Task.WhenAny(write, connection.Outbox.Closing) == write) await write;
        else await OrCutAsync(write);
    }

    private static void WriteClose(MessageBuffer message, CloseCode code)
    {
        Span<byte> payload = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Write(message, WebSocketOpcode.Close, payload);
    }

    private static void Write(MessageBuffer message, WebSocketOpcode opcode, ReadOnlySpan<byte> payload)
    {
        var frame = message.GetSpan(2 + payload.Length);
        WebSocketFrame.WriteHeader(frame[..2], opcode, payload.Length);
        payload.CopyTo(frame[2..]);
        message.Advance(2 + payload.Length);
    }
}
