using HdrHistogram;
using LiveChat.Bench.Sockets;
using LiveChat.Loads.Chats;
using LiveChat.Loads.Measuring;
using LiveChat.Loads.Sockets;

namespace LiveChat.Bench.Backups;

/// <summary>Pairs who write to each other at a steady rate, whatever the server does meanwhile: an open loop that goes
/// on until it is disposed.</summary>
internal sealed class PacedLoad : IAsyncDisposable
{
    /// <summary>Messages of a sender on their way; more that are due wait, and their time counts.</summary>
    private const int InFlight = 64;

    private readonly LatencyMeter _meter;
    private readonly ChatsRun _run;

    private PacedLoad(LatencyMeter meter, ChatsRun run) => (_meter, _run) = (meter, run);

    /// <param name="endpoint">The server.</param>
    /// <param name="data">The folder with its secret.</param>
    /// <param name="pairs">How many pairs.</param>
    /// <param name="perSecond">Messages of all of them.</param>
    public static async Task<PacedLoad> StartAsync(Uri endpoint, string data, int pairs, int perSecond)
    {
        var time = TimeProvider.System;
        var sessions = FolderSessions.At(endpoint, data);
        var (load, meter, faults) = (new ChatLoad(pairs, 2, 1, InFlight), new LatencyMeter(), new LoadFaults());
        var chats = new List<LoadChat>();
        for (var i = 0; i < pairs; i++)
        {
            string[] users = [$"paced-{i}", $"paced-{i}-peer"];
            ILightLine[] lines =
            [
                await sessions.OpenAsync(users[0], CancellationToken.None),
                await sessions.OpenAsync(users[1], CancellationToken.None),
            ];
            var devices = await ChatOpening.OpenAsync(
                lines, users, title: null, new MadeChats(), time, CancellationToken.None);
            chats.Add(new LoadChat(devices, load, i, faults, meter, time));
        }

        var run = new ChatsRun(chats, meter, time);
        run.Start(perSecond);
        return new PacedLoad(meter, run);
    }

    /// <summary>Begins a new measurement and returns the former one: microseconds from due to delivered.</summary>
    public LongHistogram Take() => _meter.TakeInterval();

    /// <exception cref="LiveChat.Loads.LoadException">The server refused a message, or closed a session.</exception>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _run.EndAsync(CancellationToken.None);
        }
        finally
        {
            await _run.DisposeAsync();
        }
    }
}
