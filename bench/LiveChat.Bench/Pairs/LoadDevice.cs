using System.Buffers.Text;
using System.Text;
using LiveChat.Bench.Sockets;

namespace LiveChat.Bench.Pairs;

/// <summary>
/// A member's only device: one loop reads, and what comes is searched, not parsed, since the load must cost less than
/// the server. Sends come from any thread.
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

    /// <summary>What it got: one number for each sender.</summary>
    public IReadOnlyList<long> Received => _received;

    public void Join(LoadChat chat, int member, int senders)
    {
        (_chat, _member) = (chat, member);
        _received = new long[senders];
    }

    /// <summary>Sends the next message; numbers go over the wire in their order.</summary>
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
    public async Task ReadAsync(CancellationToken stop)
    {
        try
        {
            while (await line.ReadAsync(stop) is { IsEmpty: false } message) Take(message.Span);
            throw new InvalidOperationException($"The server closed with {line.CloseCode}.");
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

    /// <summary>The server has answered the command of this number: the message is stored.</summary>
    protected void Acknowledged(long number) => _chat!.Arrived(_member, (int)(number % _chat.InFlight));

    /// <summary>A message was delivered here.</summary>
    protected void Delivered(long seq, in LoadText text)
    {
        ref var last = ref _received[text.Sender];
        if (text.Number <= last) _chat!.Faults.Repeat(); // Or it comes too late.
        else if (text.Number > last + 1) _chat!.Faults.Skip();
        if (seq <= _seq) _chat!.Faults.Disorder();
        (last, _seq) = (Math.Max(last, text.Number), Math.Max(_seq, seq));
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
