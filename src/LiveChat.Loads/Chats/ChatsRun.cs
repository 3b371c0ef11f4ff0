using LiveChat.Loads.Measuring;
using LiveChat.Loads.Pacing;

namespace LiveChat.Loads.Chats;

/// <summary>
/// One run of chats under load: they start, are measured for a while, and end when nothing is on its way any more or
/// nothing has come for a while: what is missing then is lost. A device that fails ends every wait of the run.
/// </summary>
/// <param name="chats">The chats.</param>
/// <param name="meter">The meter of the chats.</param>
/// <param name="time">The clock.</param>
internal sealed class ChatsRun(IReadOnlyList<LoadChat> chats, LatencyMeter meter, TimeProvider time)
    : IAsyncDisposable
{
    /// <summary>An open loop holds back so many seconds of messages at most.</summary>
    private const int WaitingSeconds = 10;

    /// <summary>A sender's schedule and the run's round apart by less than this.</summary>
    private const int RoundingTicks = 10;

    private static readonly TimeSpan QuietWithin = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(1);

    private readonly LoadSender[] _senders = [.. chats.SelectMany(static chat => chat.Senders)];
    private readonly CancellationTokenSource _stop = new();
    private readonly FirstFailure _failure = new(time);
    private readonly List<Task> _loops = [];
    private long _startedAt;

    /// <summary>Messages on their way.</summary>
    public long Open => _senders.Sum(static sender => (long)sender.Open);

    /// <summary>Messages that are due and wait for a slot.</summary>
    public long Waiting
    {
        get
        {
            var now = time.GetTimestamp();
            return _senders.Sum(sender => sender.WaitingAt(now));
        }
    }

    /// <summary>Messages that were due and will never be sent: the rate could not be held.</summary>
    public long GivenUp => _senders.Sum(static sender => sender.GivenUp);

    /// <summary>Begins to read and to send.</summary>
    /// <param name="perSecond">Messages a second of all senders together; null for a closed loop.</param>
    public void Start(double? perSecond)
    {
        _loops.AddRange(chats.SelectMany(static chat => chat.Devices).Select(ReadAsync));
        _startedAt = time.GetTimestamp();
        if (perSecond is not { } rate)
        {
            foreach (var sender in _senders) sender.Start(schedule: null);
            return;
        }

        var each = rate / _senders.Length;
        var waitingMax = (int)Math.Max(1, Math.Ceiling(each * WaitingSeconds));
        for (var i = 0; i < _senders.Length; i++)
            _senders[i].Start(new Schedule(DueAt(i, rate), each, time.TimestampFrequency, waitingMax));
        _loops.Add(PaceAsync(rate));
    }

    /// <summary>Measures from now on.</summary>
    public void BeginMeasuring() => meter.Begin(time.GetTimestamp());

    /// <summary>Measures what is due from now on no more.</summary>
    public void EndMeasuring() => meter.End(time.GetTimestamp());

    /// <summary>Waits while the load goes on.</summary>
    /// <exception cref="LoadException">A device failed.</exception>
    public Task WaitAsync(TimeSpan pause, CancellationToken cancellationToken) =>
        _failure.WaitAsync(pause, cancellationToken);

    /// <summary>Sends nothing more, waits for what is on its way, and counts what is lost.</summary>
    /// <exception cref="LoadException">A device failed.</exception>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        foreach (var sender in _senders) sender.Stop();
        var (open, since) = (Open, time.GetTimestamp());
        while (open > 0 && time.GetElapsedTime(since) < QuietWithin)
        {
            await WaitAsync(Look, cancellationToken);
            if (Open == open) continue;
            (open, since) = (Open, time.GetTimestamp());
        }

        foreach (var chat in chats) chat.CountLosses();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var sender in _senders) sender.Stop();
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
        foreach (var device in chats.SelectMany(static chat => chat.Devices)) device.Dispose();
        _stop.Dispose();
    }

    private long DueAt(long number, double rate) =>
        _startedAt + (long)(number * (time.TimestampFrequency / rate));

    private async Task ReadAsync(LoadDevice device)
    {
        try
        {
            await device.ReadAsync(_stop.Token);
        }
        catch (Exception failed)
        {
            // The waits of the run throw it.
            _failure.Note(failed);
        }
    }

    /// <summary>Wakes the senders in the order in which they are due. A wait is exact to a millisecond.</summary>
    private async Task PaceAsync(double rate)
    {
        try
        {
            for (var number = 0L; ; number++)
            {
                var due = DueAt(number, rate) + RoundingTicks;
                while (time.GetElapsedTime(time.GetTimestamp(), due) is { Ticks: > 0 } ahead)
                    await Task.Delay(ahead > Step ? ahead : Step, time, _stop.Token);
                _stop.Token.ThrowIfCancellationRequested();
                _senders[number % _senders.Length].SendDue();
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
        catch (Exception failed)
        {
            _failure.Note(failed);
        }
    }
}
