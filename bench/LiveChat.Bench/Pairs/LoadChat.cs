using HdrHistogram;

namespace LiveChat.Bench.Pairs;

/// <summary>One chat under load: sends the next message of a slot when the one before was acknowledged and is with all
/// other members.</summary>
internal sealed class LoadChat
{
    private const long MicrosecondsMax = 60_000_000;

    private readonly IReadOnlyList<LoadDevice> _devices;
    private readonly TimeProvider _time;
    private readonly int[][] _left;
    private readonly Lock _lock = new();
    private int _open;
    private volatile bool _isStopping;

    public LoadChat(IReadOnlyList<LoadDevice> devices, ChatLoad load, LoadFaults faults, TimeProvider time)
    {
        (_devices, InFlight, Faults, _time) = (devices, load.InFlight, faults, time);
        _left = [.. Enumerable.Range(0, load.Senders).Select(_ => new int[load.InFlight])];
        for (var i = 0; i < devices.Count; i++) devices[i].Join(this, i, load.Senders);
    }

    public int InFlight { get; }

    public LoadFaults Faults { get; }

    /// <summary>Whether deliveries are counted now.</summary>
    public bool IsMeasured { get; set; }

    /// <summary>Microseconds from the sending to the delivery at one member.</summary>
    public LongHistogram Latencies { get; } = new(MicrosecondsMax, 3);

    /// <summary>Messages that are on their way.</summary>
    public int Open => Volatile.Read(ref _open);

    public void Start()
    {
        for (var sender = 0; sender < _left.Length; sender++)
            for (var slot = 0; slot < InFlight; slot++)
                Send(sender, slot);
    }

    /// <summary>Sends nothing more.</summary>
    public void Stop() => _isStopping = true;

    public void Delivered(in LoadText text)
    {
        if (!IsMeasured) return;
        var took = (long)_time.GetElapsedTime(text.Timestamp).TotalMicroseconds;
        lock (_lock) Latencies.RecordValue(Math.Clamp(took, 1, MicrosecondsMax));
    }

    /// <summary>The message of the slot is at one more place.</summary>
    public void Arrived(int sender, int slot)
    {
        if (Interlocked.Decrement(ref _left[sender][slot]) != 0) return;
        Interlocked.Decrement(ref _open);
        if (!_isStopping) Send(sender, slot);
    }

    /// <summary>Counts what is not there when nothing moves any more.</summary>
    public void CountLosses()
    {
        for (var sender = 0; sender < _left.Length; sender++)
            foreach (var device in _devices)
                if (device != _devices[sender])
                    Faults.Lose(_devices[sender].Sent - device.Received[sender]);
    }

    private void Send(int sender, int slot)
    {
        Interlocked.Increment(ref _open);
        Volatile.Write(ref _left[sender][slot], _devices.Count); // The other members, and the answer.
        _devices[sender].SendNext(slot, InFlight, _time.GetTimestamp());
    }
}
