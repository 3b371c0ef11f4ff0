using LiveChat.Loads.Pacing;

namespace LiveChat.Loads.Chats;

/// <summary>
/// A member who sends. A slot is one message in flight: until the server has acknowledged it and all other members have
/// it. In a closed loop a free slot sends at once; in an open loop it sends what is due, and what is due waits for a
/// slot. Any thread; the lock keeps slots and schedule together.
/// </summary>
internal sealed class LoadSender
{
    private readonly Lock _lock = new();
    private readonly LoadDevice _device;
    private readonly TimeProvider _time;
    private readonly Queue<int> _free;
    private readonly int[] _left;
    private readonly int _places;
    private readonly int _inFlight;
    private Schedule? _schedule;
    private bool _isSending;

    /// <param name="device">The sender's device.</param>
    /// <param name="places">At how many places a message is when it is out of flight.</param>
    /// <param name="inFlight">How many slots.</param>
    /// <param name="time">The clock.</param>
    public LoadSender(LoadDevice device, int places, int inFlight, TimeProvider time)
    {
        (_device, _places, _inFlight, _time) = (device, places, inFlight, time);
        _left = new int[inFlight];
        _free = new Queue<int>(Enumerable.Range(0, inFlight));
    }

    public LoadDevice Device => _device;

    /// <summary>Messages on their way.</summary>
    public int Open
    {
        get
        {
            lock (_lock) return _inFlight - _free.Count;
        }
    }

    /// <summary>Messages that were due and will never be sent.</summary>
    public long GivenUp => _schedule?.GivenUp ?? 0;

    /// <summary>Messages that are due and wait for a slot.</summary>
    public long WaitingAt(long now)
    {
        lock (_lock) return _isSending ? _schedule?.WaitingAt(now) ?? 0 : 0;
    }

    /// <summary>Begins to send.</summary>
    /// <param name="schedule">When messages are due; null: whenever a slot is free.</param>
    public void Start(Schedule? schedule)
    {
        lock (_lock) (_schedule, _isSending) = (schedule, true);
        SendDue();
    }

    /// <summary>Sends nothing more.</summary>
    public void Stop()
    {
        lock (_lock) _isSending = false;
    }

    /// <summary>Sends what is due, as far as slots are free.</summary>
    public void SendDue()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            while (_isSending && _free.Count > 0)
            {
                var due = now;
                if (_schedule?.TryTake(now, out due) == false) return;
                var slot = _free.Dequeue();
                Volatile.Write(ref _left[slot], _places);
                _device.SendNext(slot, _inFlight, due);
            }
        }
    }

    /// <summary>The message of the slot is at one more place.</summary>
    public void Arrived(int slot)
    {
        if (Interlocked.Decrement(ref _left[slot]) != 0) return;
        lock (_lock) _free.Enqueue(slot);
        SendDue();
    }
}
