using System.Buffers.Text;
using System.Text;
using LiveChat.Loads.Sockets;

namespace LiveChat.Loads.Chats;

/// <summary>
/// A member's only device. It checks every message that comes: order, repetition, loss, text. Frames are searched, not
/// parsed, since the load must cost less than the server. One loop reads; any thread sends.
/// </summary>
internal abstract class LoadDevice(ILightLine line) : IDisposable
{
    private readonly Lock _sending = new();
    private LoadChat? _chat;
    private int _member;
    private long _sent;
    private long[] _received = [];
    private long _seq;

    /// <summary>Messages that this device sent.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>The number of the last message that came, for each sender.</summary>
    public IReadOnlyList<long> Received => _received;

    /// <summary>The faults of the run.</summary>
    protected LoadFaults Faults => _chat!.Faults;

    public void Join(LoadChat chat, int member, int senders)
    {
        (_chat, _member) = (chat, member);
        _received = new long[senders];
    }

    /// <summary>Sends the next message. Messages go over the wire in the order of their numbers.</summary>
    public void SendNext(int slot, int inFlight, long timestamp)
    {
        lock (_sending)
        {
            var text = new LoadText(_member, slot, ++_sent, timestamp).ToString();

            // The answer names the number of the command, which names the slot.
            line.SendMessage(FrameOf((_sent * inFlight) + slot, text));
        }
    }

    /// <summary>Reads until it is stopped.</summary>
    /// <exception cref="LoadException">The server closed the session or refused a message.</exception>
    public async Task ReadAsync(CancellationToken stop)
    {
        try
        {
            while (await line.ReadAsync(stop) is { IsEmpty: false } message) Take(message.Span);
            throw LoadException.Closed(line.CloseCode);
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    public void Dispose() => line.Dispose();

    /// <summary>The message with the command that sends a text.</summary>
    protected abstract byte[] FrameOf(long number, string text);

    /// <summary>Finds what was delivered and what was answered.</summary>
    protected abstract void Take(ReadOnlySpan<byte> message);

    /// <summary>Sends a message that is not one of the load.</summary>
    protected void Send(ReadOnlySpan<byte> message)
    {
        lock (_sending) line.SendMessage(message);
    }

    /// <summary>The server has answered the command of this number: the message is stored.</summary>
    protected void Acknowledged(long number) => _chat!.Arrived(_member, (int)(number % _chat.InFlight));

    /// <summary>A message was delivered here.</summary>
    /// <param name="seq">Its place in the chat.</param>
    /// <param name="delivered">Its text; null when it was altered.</param>
    protected void Delivered(long seq, LoadText? delivered)
    {
        if (delivered is not { } text || text.Sender >= _received.Length)
        {
            Faults.Alter();
            return;
        }

        if (seq <= _seq) Faults.Disorder();
        _seq = Math.Max(_seq, seq);
        ref var last = ref _received[text.Sender];
        if (text.Number <= last)
        {
            Faults.Repeat();
            return;
        }

        if (text.Number > last + 1) Faults.Skip();
        last = text.Number;
        if (text.Sender == _member) return;
        _chat!.Delivered(text);
        _chat.Arrived(text.Sender, text.Slot);
    }

    /// <summary>The number that stands behind a name.</summary>
    protected static long NumberBehind(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name)
    {
        var at = line.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(line[(at + name.Length)..], out long number, out _)
            ? number
            : throw new FormatException(Encoding.UTF8.GetString(line));
    }
}
