using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;

namespace LiveChat.Loads.Storms;

/// <summary>
/// Sessions that are cut at once and come back by the client's rules. They are in groups of forty, and users who stay
/// write to each group meanwhile.
/// </summary>
/// <param name="sessions">How users get their tokens and sessions.</param>
/// <param name="users">What the ids of users begin with.</param>
/// <param name="time">The clock.</param>
internal sealed class StormLoad(LoadSessions sessions, string users, TimeProvider time)
{
    private const int GroupSize = 40;

    /// <summary>A writer's commands stay below the burst that a server takes of a user.</summary>
    private const int GroupsOfWriter = 10;

    private const int Rounds = 3;
    private const int TokensAtOnce = 32;
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private int _ready;

    /// <summary>Cuts so many sessions and waits until all are whole again, or minutes have passed.</summary>
    /// <param name="count">How many sessions.</param>
    /// <param name="says">Told what it does now.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<StormResult> RunAsync(int count, Action<string> says, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var devices = await DevicesAsync(count, stop.Token);
        var writers = new List<StormWriter>();
        var living = new List<Task>();
        try
        {
            await CreateAsync(writers, devices, stop.Token);
            says($"{writers.Count} users who stay have made the groups of {count} sessions");
            living = devices.ConvertAll(device => device.LiveAsync(isFirst: true, NoteReady, stop.Token));
            await UntilAsync(() => Volatile.Read(ref _ready) == count, living, stop.Token);
            await SayAsync(writers, 1, stop.Token);
            await UntilAsync(() => devices.TrueForAll(static device => device.Received >= 1), living, stop.Token);

            says($"{count} sessions are there, and are cut now");
            var (cutAt, before) = (time.GetTimestamp(), Volatile.Read(ref _ready));
            devices.ForEach(static device => device.Cut());
            await Task.WhenAll(living);
            living = devices.ConvertAll(device => device.LiveAsync(isFirst: false, NoteReady, stop.Token));
            for (var round = 2; round <= Rounds; round++) await SayAsync(writers, round, stop.Token);
            await UntilAsync(() => Volatile.Read(ref _ready) == before + count, living, stop.Token);
            says($"{count} sessions are back");
            await UntilAsync(() => devices.TrueForAll(static device => device.Received >= Rounds), living, stop.Token);
            return ResultOf(devices, cutAt);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(living);
            writers.ForEach(static writer => writer.Dispose());
        }
    }

    private void NoteReady() => Interlocked.Increment(ref _ready);

    private async Task<List<StormDevice>> DevicesAsync(int count, CancellationToken cancellationToken)
    {
        var devices = new StormDevice[count];
        await Parallel.ForAsync(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = TokensAtOnce, CancellationToken = cancellationToken },
            async (i, token) =>
            {
                var connect = new Connect { Token = await sessions.TokenOfAsync($"{users}-{i}", token) };
                devices[i] = new StormDevice(sessions.Server, connect, time, new Random(i));
            });
        return [.. devices];
    }

    private async Task CreateAsync(List<StormWriter> writers, List<StormDevice> devices, CancellationToken stop)
    {
        foreach (var (group, members) in Enumerable.Range(0, devices.Count).Chunk(GroupSize).Index())
        {
            if (group % GroupsOfWriter == 0)
                writers.Add(new StormWriter(
                    await sessions.OpenAsync($"{users}-writer-{writers.Count}", stop), time));
            var chat = await writers[^1].CreateAsync([.. members.Select(i => $"{users}-{i}")], users, stop);
            sessions.Made.Note(chat);
            foreach (var i in members) devices[i].Chat = chat;
        }
    }

    private static Task SayAsync(List<StormWriter> writers, int round, CancellationToken stop) =>
        Task.WhenAll(writers.Select(writer => writer.SayAsync($"round {round}", stop)));

    private StormResult ResultOf(List<StormDevice> devices, long cutAt) => new(
        [.. devices.Select(device => time.GetElapsedTime(cutAt, device.BackAt)).Order()],
        devices.Max(device => time.GetElapsedTime(cutAt, device.ReceivedAt)),
        devices.Sum(static device => (long)device.Refused),
        devices.Sum(static device => (long)Rounds - device.Received),
        devices.Sum(static device => (long)device.Repeated));

    /// <summary>Looks until it is so, or minutes have passed: then what is missing counts as lost.</summary>
    private async Task UntilAsync(Func<bool> isSo, List<Task> living, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        while (!isSo() && time.GetElapsedTime(began) < Within)
        {
            if (living.Find(static task => task.IsFaulted) is { } failed) await failed;
            await Task.Delay(Look, time, stop);
        }
    }
}
