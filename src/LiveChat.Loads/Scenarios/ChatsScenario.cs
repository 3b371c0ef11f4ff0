using LiveChat.Loads.Chats;
using LiveChat.Loads.Measuring;
using LiveChat.Loads.Sockets;

namespace LiveChat.Loads.Scenarios;

/// <summary>Users who write to each other in chats of their own: pairs, groups that are pushed to, groups that pull.
/// </summary>
/// <param name="name">The scenario's name.</param>
/// <param name="sessions">How sessions are opened.</param>
/// <param name="run">What the ids of users begin with.</param>
/// <param name="time">The clock.</param>
internal sealed class ChatsScenario(string name, LoadSessions sessions, string run, TimeProvider time)
{
    private const int OpeningAtOnce = 16;

    private readonly LatencyMeter _meter = new();
    private readonly LoadFaults _faults = new();

    /// <param name="load">The chats.</param>
    /// <param name="plan">How long, and at which pace.</param>
    /// <param name="opened">Told how many chats are open.</param>
    /// <param name="passed">Told every second of the load.</param>
    /// <param name="cancellationToken">Ends the load; the result says what was until then.</param>
    /// <exception cref="OperationCanceledException">It was ended before the load began.</exception>
    /// <exception cref="LoadException">The server refused a session or a chat.</exception>
    public async Task<BenchResult> RunAsync(
        ChatLoad load,
        BenchPlan plan,
        Action<int> opened,
        Action<BenchSecond> passed,
        CancellationToken cancellationToken)
    {
        var chats = await OpenAsync(load, opened, cancellationToken);
        await using var chatsRun = new ChatsRun(chats, _meter, time);
        var seconds = new Seconds(_meter, load.Members - 1, passed, time);
        var beganAt = time.GetUtcNow();
        var measured = TimeSpan.Zero;
        LoadException? failure = null;
        chatsRun.Start(plan.PerSecond);
        try
        {
            await PassAsync(plan.WarmUp, isMeasured: false);
            chatsRun.BeginMeasuring();
            var from = time.GetTimestamp();
            try
            {
                await PassAsync(plan.Length, isMeasured: true);
            }
            finally
            {
                chatsRun.EndMeasuring();
                measured = time.GetElapsedTime(from);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller knows.
        }
        catch (LoadException failed)
        {
            failure = failed;
        }

        failure ??= await EndAsync(chatsRun);
        return ResultOf(load, plan, beganAt, measured, seconds.All, chatsRun.GivenUp, failure);

        Task PassAsync(TimeSpan length, bool isMeasured) => seconds.PassAsync(
            length,
            isMeasured ? "measuring" : "warm-up",
            isMeasured,
            pause => chatsRun.WaitAsync(pause, cancellationToken),
            () => (chatsRun.Open, chatsRun.Waiting));
    }

    private BenchResult ResultOf(
        ChatLoad load,
        BenchPlan plan,
        DateTimeOffset beganAt,
        TimeSpan measured,
        IReadOnlyList<BenchSecond> seconds,
        long givenUp,
        LoadException? failure)
    {
        var total = _meter.Total();
        return new BenchResult
        {
            Scenario = name,
            Load = load.ToString(),
            Server = sessions.Server,
            Run = run,
            BeganAt = beganAt,
            Plan = plan,
            Measured = measured,
            LatencyIs = plan.PerSecond is null
                ? "from the sending to the delivery at each other member"
                : "from when a message was due to its delivery at each other member",
            Count = (double)total.TotalCount / (load.Members - 1),
            Latency = LatencyFigures.Of(total),
            Distribution = Distributions.Of(total),
            Seconds = seconds,
            Faults = _faults,
            GivenUp = givenUp,
            Failure = failure,
        };
    }

    private static async Task<LoadException?> EndAsync(ChatsRun chatsRun)
    {
        try
        {
            await chatsRun.EndAsync(CancellationToken.None);
            return null;
        }
        catch (LoadException failed)
        {
            return failed;
        }
    }

    private async Task<IReadOnlyList<LoadChat>> OpenAsync(
        ChatLoad load, Action<int> opened, CancellationToken cancellationToken)
    {
        var chats = new LoadChat[load.Chats];
        var count = 0;
        try
        {
            await Parallel.ForAsync(
                0,
                load.Chats,
                new ParallelOptions { MaxDegreeOfParallelism = OpeningAtOnce, CancellationToken = cancellationToken },
                async (i, token) =>
                {
                    var devices = await OpenAsync(i, load.Members, token);
                    chats[i] = new LoadChat(devices, load, i, _faults, _meter, time);
                    opened(Interlocked.Increment(ref count));
                });
            return chats;
        }
        catch
        {
            foreach (var device in chats.Where(static chat => chat is not null).SelectMany(static chat => chat.Devices))
                device.Dispose();
            throw;
        }
    }

    private async Task<IReadOnlyList<LoadDevice>> OpenAsync(int chat, int members, CancellationToken stop)
    {
        var users = Enumerable.Range(0, members).Select(member => $"{run}-{chat}-{member}").ToArray();
        var lines = new List<ILightLine>();
        try
        {
            foreach (var user in users) lines.Add(await sessions.OpenAsync(user, stop));
            return await ChatOpening.OpenAsync(lines, users, title: run, sessions.Made, time, stop);
        }
        catch
        {
            lines.ForEach(static line => line.Dispose());
            throw;
        }
    }
}
