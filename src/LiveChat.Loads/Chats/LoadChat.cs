using LiveChat.Loads.Measuring;

namespace LiveChat.Loads.Chats;

/// <summary>One chat under load: its members' devices, of which some send.</summary>
internal sealed class LoadChat
{
    private readonly IReadOnlyList<LoadDevice> _devices;
    private readonly LatencyMeter _meter;
    private readonly TimeProvider _time;
    private readonly int _place;

    /// <param name="devices">A device for each member; the first ones send.</param>
    /// <param name="load">How many send, with how many messages in flight.</param>
    /// <param name="place">The chat's number among all chats of the run.</param>
    /// <param name="faults">Where faults are counted.</param>
    /// <param name="meter">Where latencies are recorded.</param>
    /// <param name="time">The clock.</param>
    public LoadChat(
        IReadOnlyList<LoadDevice> devices,
        ChatLoad load,
        int place,
        LoadFaults faults,
        LatencyMeter meter,
        TimeProvider time)
    {
        (_devices, InFlight, _place, Faults, _meter, _time) = (devices, load.InFlight, place, faults, meter, time);
        Senders =
        [
            .. devices.Take(load.Senders)

                // The other members, and the answer.
                .Select(device => new LoadSender(device, devices.Count, load.InFlight, time)),
        ];
        for (var i = 0; i < devices.Count; i++) devices[i].Join(this, i, load.Senders);
    }

    public IReadOnlyList<LoadSender> Senders { get; }

    public IReadOnlyList<LoadDevice> Devices => _devices;

    public int InFlight { get; }

    public LoadFaults Faults { get; }

    public void Delivered(in LoadText text) =>
        _meter.Record(_place, text.Timestamp, _time.GetElapsedTime(text.Timestamp));

    /// <summary>The message of the slot is at one more place.</summary>
    public void Arrived(int sender, int slot) => Senders[sender].Arrived(slot);

    /// <summary>Counts what is not there when nothing moves any more.</summary>
    public void CountLosses()
    {
        for (var sender = 0; sender < Senders.Count; sender++)
            foreach (var device in _devices)
                if (device != Senders[sender].Device)
                    Faults.Lose(Senders[sender].Device.Sent - device.Received[sender]);
    }
}
