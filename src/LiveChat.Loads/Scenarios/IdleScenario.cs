using LiveChat.Loads.Chats;
using LiveChat.Loads.Measuring;
using LiveChat.Loads.Sockets;

namespace LiveChat.Loads.Scenarios;

/// <summary>
/// Sessions that do nothing but answer pings: opened some at once, which is what is measured, and then kept for a
/// while. One that ends before its time ends the scenario.
/// </summary>
/// <param name="sessions">How sessions are opened.</param>
/// <param name="run">What the ids of users begin with.</param>
/// <param name="time">The clock.</param>
internal sealed class IdleScenario(LoadSessions sessions, string run, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly LatencyMeter _meter = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly FirstFailure _failure = new(time);
    private LightSocket?[] _open = [];
    private Task[] _reading = [];
    private int _opened;

    /// <param name="count">How many sessions.</param>
    /// <param name="atOnce">How many are being opened at a time.</param>
    /// <param name="plan">How long they are kept.</param>
    /// <param name="passed">Told every second.</param>
    /// <param name="cancellationToken">Ends it; the result says what was until then.</param>
    public async Task<BenchResult> RunAsync(
        int count, int atOnce, BenchPlan plan, Action<BenchSecond> passed, CancellationToken cancellationToken)
    {
        (_open, _reading) = (new LightSocket?[count], new Task[count]);
        Array.Fill(_reading, Task.CompletedTask);
        var seconds = new Seconds(_meter, 1, passed, time);
        var (beganAt, from) = (time.GetUtcNow(), time.GetTimestamp());
        LoadException? failure = null;
        var opening = TimeSpan.Zero;
        _meter.Begin(from);
        try
        {
            await NoteAsync(OpenAsync(atOnce, cancellationToken), seconds);
            opening = time.GetElapsedTime(from);
            await seconds.PassAsync(
                plan.Length,
                "keeping",
                isMeasured: false,
                pause => _failure.WaitAsync(pause, cancellationToken),
                () => (_opened, 0));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller knows.
        }
        catch (Exception failed) when (LoadException.Of(failed) is { } known)
        {
            failure = known;
        }

        if (opening == TimeSpan.Zero) opening = time.GetElapsedTime(from);
        await EndAsync();
        return ResultOf(count, plan, beganAt, opening, seconds.All, failure);
    }

    public void Dispose() => _stop.Dispose();

    private async Task NoteAsync(Task opening, Seconds seconds)
    {
        while (!opening.IsCompleted)
        {
            var from = time.GetTimestamp();
            await Task.WhenAny(opening, Task.Delay(Second, time));
            seconds.Note(time.GetElapsedTime(from), "opening", isMeasured: true, (Volatile.Read(ref _opened), 0));
        }

        await opening;
    }

    private Task OpenAsync(int atOnce, CancellationToken cancellationToken) => Parallel.ForAsync(
        0,
        _open.Length,
        new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
        async (i, token) =>
        {
            // The time to get a token is not the server's to take a session.
            var key = await sessions.TokenOfAsync($"{run}-{i}", token);
            var from = time.GetTimestamp();
            _open[i] = await sessions.OpenWithAsync(key, token);
            _meter.Record(i, from, time.GetElapsedTime(from));
            _reading[i] = ReadAsync(_open[i]!);
            Interlocked.Increment(ref _opened);
        });

    private async Task ReadAsync(LightSocket session)
    {
        try
        {
            while (await session.ReadAsync(_stop.Token) is { IsEmpty: false })
            {
                // Pings are answered by the session.
            }

            _failure.Note(LoadException.Closed(session.CloseCode));
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

    private async Task EndAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_reading);
        foreach (var session in _open) session?.Dispose();
    }

    private BenchResult ResultOf(
        int count,
        BenchPlan plan,
        DateTimeOffset beganAt,
        TimeSpan opening,
        IReadOnlyList<BenchSecond> seconds,
        LoadException? failure)
    {
        var total = _meter.Total();
        return new BenchResult
        {
            Scenario = "idle",
            Load = $"{count} idle sessions, kept for {plan.Length.TotalSeconds} s",
            Server = sessions.Server,
            Run = run,
            BeganAt = beganAt,
            Plan = plan,
            Measured = opening,
            Unit = "sessions",
            LatencyIs = "from the connect to the server's ready, of each session",
            Count = total.TotalCount,
            Latency = LatencyFigures.Of(total),
            Distribution = Distributions.Of(total),
            Seconds = seconds,
            Faults = new LoadFaults(),
            Failure = failure,
        };
    }
}
