using LiveChat.Loads.Chats;
using LiveChat.Loads.Measuring;
using LiveChat.Loads.Pacing;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol;

namespace LiveChat.Loads.Scenarios;

/// <summary>Users who read chats of their own from the beginning to the end, page by page, at a rate.</summary>
/// <param name="sessions">How sessions are opened.</param>
/// <param name="run">What the ids of users begin with.</param>
/// <param name="time">The clock.</param>
internal sealed class HistoryScenario(LoadSessions sessions, string run, TimeProvider time) : IDisposable
{
    private const int FillingAtOnce = 32;
    private const int WaitingSeconds = 10;

    private readonly LatencyMeter _meter = new();
    private readonly LoadFaults _faults = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly FirstFailure _failure = new(time);

    /// <param name="chats">How many chats, each with a reader of its own.</param>
    /// <param name="depth">Messages in each.</param>
    /// <param name="plan">How long, and how many pages a second all readers ask for.</param>
    /// <param name="opened">Told how many chats are full.</param>
    /// <param name="passed">Told every second.</param>
    /// <param name="cancellationToken">Ends it; the result says what was until then.</param>
    public async Task<BenchResult> RunAsync(
        int chats,
        int depth,
        BenchPlan plan,
        Action<int> opened,
        Action<BenchSecond> passed,
        CancellationToken cancellationToken)
    {
        var readers = await FillAsync(chats, depth, opened, cancellationToken);
        var seconds = new Seconds(_meter, 1, passed, time);
        var beganAt = time.GetUtcNow();
        var schedules = SchedulesOf(chats, plan);
        var reading = readers.Select((reader, i) => ReadAsync(reader, schedules[i], i)).ToList();
        LoadException? failure = null;
        var from = time.GetTimestamp();
        var measured = TimeSpan.Zero;
        try
        {
            await PassAsync(plan.WarmUp, isMeasured: false);
            from = time.GetTimestamp();
            _meter.Begin(from);
            await PassAsync(plan.Length, isMeasured: true);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller knows.
        }
        catch (LoadException failed)
        {
            failure = failed;
        }

        _meter.End(time.GetTimestamp());
        if (seconds.All.Any(static second => second.IsMeasured)) measured = time.GetElapsedTime(from);
        await _stop.CancelAsync();
        await Task.WhenAll(reading);
        readers.ForEach(static reader => reader.Dispose());
        return ResultOf(chats, depth, plan, beganAt, measured, seconds.All, schedules, failure);

        Task PassAsync(TimeSpan length, bool isMeasured) => seconds.PassAsync(
            length,
            isMeasured ? "measuring" : "warm-up",
            isMeasured,
            pause => _failure.WaitAsync(pause, cancellationToken),
            () => (chats, 0));
    }

    public void Dispose() => _stop.Dispose();

    private async Task<List<HistoryReader>> FillAsync(
        int chats, int depth, Action<int> opened, CancellationToken cancellationToken)
    {
        var readers = new HistoryReader?[chats];
        var count = 0;
        try
        {
            await Parallel.ForAsync(
                0,
                chats,
                new ParallelOptions { MaxDegreeOfParallelism = FillingAtOnce, CancellationToken = cancellationToken },
                async (i, token) =>
                {
                    var session = await sessions.OpenAsync($"{run}-{i}", token);
                    readers[i] = new HistoryReader(session, depth, _faults, time);
                    await readers[i]!.FillAsync($"{run}-{i}-other", run, sessions.Made, token);
                    opened(Interlocked.Increment(ref count));
                });
            return [.. readers.Select(static reader => reader!)];
        }
        catch
        {
            foreach (var reader in readers) reader?.Dispose();
            throw;
        }
    }

    private List<Schedule> SchedulesOf(int chats, BenchPlan plan)
    {
        var rate = plan.PerSecond ?? throw new ArgumentException("Pages are read at a rate.", nameof(plan));
        var began = time.GetTimestamp();
        return
        [
            .. Enumerable.Range(0, chats).Select(i => new Schedule(
                began + (long)(i * (time.TimestampFrequency / rate)),
                rate / chats,
                time.TimestampFrequency,
                (int)Math.Max(1, Math.Ceiling(rate / chats * WaitingSeconds)))),
        ];
    }

    private async Task ReadAsync(HistoryReader reader, Schedule schedule, int place)
    {
        try
        {
            while (true)
            {
                var due = await schedule.TakeAsync(time, _stop.Token);
                await reader.ReadPageAsync(_stop.Token);
                _meter.Record(place, due, time.GetElapsedTime(due));
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

    private BenchResult ResultOf(
        int chats,
        int depth,
        BenchPlan plan,
        DateTimeOffset beganAt,
        TimeSpan measured,
        IReadOnlyList<BenchSecond> seconds,
        List<Schedule> schedules,
        LoadException? failure)
    {
        var total = _meter.Total();
        return new BenchResult
        {
            Scenario = "history",
            Load = $"{chats} chats of {depth} messages, read by pages of {Limits.PageItemsMax}",
            Server = sessions.Server,
            Run = run,
            BeganAt = beganAt,
            Plan = plan,
            Measured = measured,
            Unit = "pages",
            LatencyIs = "from when a page was due to its answer",
            Count = total.TotalCount,
            Latency = LatencyFigures.Of(total),
            Distribution = Distributions.Of(total),
            Seconds = seconds,
            Faults = _faults,
            GivenUp = schedules.Sum(static schedule => schedule.GivenUp),
            Failure = failure,
        };
    }
}
