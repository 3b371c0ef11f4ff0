using System.Globalization;
using System.Runtime.InteropServices;
using LiveChat.Bench.Sockets;
using LiveChat.Loads.Chats;
using LiveChat.Loads.Measuring;

namespace LiveChat.Bench.Pairs;

/// <summary>
/// Users who write to each other over real sockets, each server in a process of its own: in rounds, all servers in
/// turn, so that what else the machine does hits all alike. Every message is checked: order, loss, repetition.
/// </summary>
internal sealed class PairsBench(TimeSpan length, int rounds, TimeProvider time)
{
    private const string Loads = "1x1,10x1,100x1,100x10,4x49x5x1,4x49x5x10";
    private const string Servers = "livechat,hub,none";
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private int _chats;

    /// <param name="args">Seconds, rounds, loads and servers; each has a default.</param>
    /// <returns>1 when LiveChat lost, repeated or disordered a message.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        string Arg(int at, string otherwise) => args.Length > at ? args[at] : otherwise;
        int Number(int at, string otherwise) => int.Parse(Arg(at, otherwise), CultureInfo.InvariantCulture);
        return await RunAsync(
            Number(0, "10"),
            Number(1, "5"),
            [.. Arg(2, Loads).Split(',').Select(ChatLoad.Parse)],
            [.. Arg(3, Servers).Split(',').Select(static name => (Func<Task<IPeer>>)(() => StartAsync(name)))]);
    }

    /// <param name="seconds">How long each is measured in each round.</param>
    /// <param name="rounds">How many rounds.</param>
    /// <param name="loads">The loads, one after the other.</param>
    /// <param name="starts">Start the servers that are compared.</param>
    /// <returns>1 when LiveChat lost, repeated or disordered a message.</returns>
    public static async Task<int> RunAsync(
        int seconds, int rounds, IReadOnlyList<ChatLoad> loads, IReadOnlyList<Func<Task<IPeer>>> starts)
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true; // What was started is stopped first.
            stop.Cancel();
        });
        var bench = new PairsBench(TimeSpan.FromSeconds(seconds), rounds, TimeProvider.System);
        var peers = new List<IPeer>();
        try
        {
            foreach (var start in starts) peers.Add(await start());
            var isRight = true;
            foreach (var load in loads) isRight &= await bench.CompareAsync(load, peers, stop.Token);
            return isRight ? 0 : 1;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 130;
        }
        finally
        {
            foreach (var peer in peers) await peer.DisposeAsync();
        }
    }

    /// <summary><c>livechat[/TRANSPORT[/nginx]][+NAME=VALUE…]</c> (with these variables in its environment),
    /// <c>hub</c> (with PostgreSQL), <c>none</c> (the hub that stores nothing), each with <c>/messagepack</c> or in
    /// JSON, or <c>hub+POOL+PARALLEL[+SETTING…]</c> for a sweep.</summary>
    private static async Task<IPeer> StartAsync(string name) => name.Split('+') switch
    {
        [var path, .. var options] when path.Split('/') is ["livechat", .. var way] => await LiveChatPeer.StartAsync(
            name,
            options.Select(static option => option.Split('=', 2)).ToDictionary(
                static option => option[0], static option => option[1]),
            way is [var transport, ..] ? transport : LightLines.WebSocket,
            isProxied: way is [_, "nginx"]),
        ["none"] => await HubPeer.StartWithoutStoreAsync("hub, none", new HubJson()),
        ["none/messagepack"] => await HubPeer.StartWithoutStoreAsync("hub, none, MessagePack", new HubPack()),
        ["hub"] => await HubPeer.StartAsync("hub, PostgreSQL", new HubJson(), HubTuning.Best),
        ["hub/messagepack"] => await HubPeer.StartAsync(
            "hub, PostgreSQL, MessagePack", new HubPack(), HubTuning.Best),
        ["hub", ..] => await HubPeer.StartAsync(name, new HubJson(), HubTuning.Parse(name)),
        _ => throw new FormatException($"{name} is no server."),
    };

    private async Task<bool> CompareAsync(
        ChatLoad load, IReadOnlyList<IPeer> peers, CancellationToken stop)
    {
        Console.WriteLine($"\n{load} ({rounds} rounds of {length.TotalSeconds:N0} s, load average "
            + $"{File.ReadAllText("/proc/loadavg").Trim()})\n");
        var results = peers.ToDictionary(static peer => peer, static _ => new List<PairsResult>());
        var faults = peers.ToDictionary(static peer => peer, static _ => new LoadFaults());
        for (var round = 0; round < rounds; round++)
            foreach (var peer in peers)
                results[peer].Add(await MeasureAloneAsync(peer, peers, load, faults[peer], stop));
        PairsResult.Print(results, faults);
        return peers.All(peer => peer is not LiveChatPeer || !faults[peer].Any);
    }

    /// <summary>The others and their services stand still meanwhile.</summary>
    private async Task<PairsResult> MeasureAloneAsync(
        IPeer peer, IReadOnlyList<IPeer> peers, ChatLoad load, LoadFaults faults, CancellationToken stop)
    {
        var others = peers.Where(other => other != peer).ToList();
        others.ForEach(static other => other.StandStill());
        try
        {
            await peer.GoOnAsync(stop);
            return await MeasureAsync(peer, load, faults, stop);
        }
        finally
        {
            foreach (var other in others) await other.GoOnAsync(CancellationToken.None);
        }
    }

    private async Task<PairsResult> MeasureAsync(
        IPeer peer, ChatLoad load, LoadFaults faults, CancellationToken stop)
    {
        var meter = new LatencyMeter();
        var chats = new List<LoadChat>();
        for (var i = 0; i < load.Chats; i++)
        {
            var members = await peer.OpenChatAsync($"load-{++_chats}", load.Members, stop);
            chats.Add(new LoadChat(members, load, i, faults, meter, time));
        }

        await using var run = new ChatsRun(chats, meter, time);
        run.Start(perSecond: null);
        await run.WaitAsync(WarmUp, stop);
        run.BeginMeasuring();
        var (began, cpu) = (time.GetTimestamp(), peer.Cpu);
        var backlog = await Backlog.WatchAsync(peer, run.WaitAsync(length, stop), time, stop);
        run.EndMeasuring();
        var (elapsed, used) = (time.GetElapsedTime(began), peer.Cpu - cpu);
        await run.EndAsync(stop);
        return PairsResult.Of(load, elapsed, used, meter.Total(), backlog);
    }
}
