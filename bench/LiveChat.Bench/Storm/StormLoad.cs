using LiveChat.Bench.Sockets;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Bench.Storm;

/// <summary>
/// Sessions that are cut at once and come back by the client's rules. They are in groups of forty, and a user who stays
/// writes to each group meanwhile.
/// </summary>
/// <param name="server">The server's address.</param>
/// <param name="mint">Makes a token for a user.</param>
/// <param name="time">The clock.</param>
internal sealed class StormLoad(Uri server, Func<string, string> mint, TimeProvider time)
{
    private const int GroupSize = 40;
    private const int BufferBytes = 16 * 1024;
    private const int Rounds = 3;
    private const uint First = 100;
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private int _ready;
    private int _acknowledged;

    /// <summary>Cuts so many sessions and waits until all are whole again, or minutes have passed.</summary>
    public async Task<StormResult> RunAsync(int sessions, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var writer = await LightSocket.OpenAsync(server, BufferBytes, kernelBytes: null, stop.Token);
        await writer.ConnectAsync(new Connect { Token = mint("storm-writer") }, stop.Token);
        var devices = Enumerable.Range(0, sessions)
            .Select(i => new StormDevice(server, new Connect { Token = mint($"storm-{i}") }, time, new Random(i)))
            .ToList();
        await CreateAsync(writer, devices, stop.Token);
        var listening = ListenAsync(writer, stop.Token);
        var living = devices.ConvertAll(device => device.LiveAsync(isFirst: true, NoteReady, stop.Token));
        await UntilAsync(() => Volatile.Read(ref _ready) == sessions, living, stop.Token);
        var chats = devices.Select(static device => device.Chat).Distinct().ToList();
        await SayAsync(writer, chats, 1, stop.Token);
        await UntilAsync(() => devices.TrueForAll(static device => device.Received >= 1), living, stop.Token);

        var (cutAt, before) = (time.GetTimestamp(), Volatile.Read(ref _ready));
        devices.ForEach(static device => device.Cut());
        await Task.WhenAll(living);
        living = devices.ConvertAll(device => device.LiveAsync(isFirst: false, NoteReady, stop.Token));
        for (var round = 2; round <= Rounds; round++) await SayAsync(writer, chats, round, stop.Token);
        await UntilAsync(() => Volatile.Read(ref _ready) == before + sessions, living, stop.Token);
        await UntilAsync(() => devices.TrueForAll(static device => device.Received >= Rounds), living, stop.Token);
        await stop.CancelAsync();
        await Task.WhenAll(living);
        await listening;
        var back = devices.Select(device => time.GetElapsedTime(cutAt, device.BackAt)).Order().ToList();
        return new StormResult(
            sessions,
            back[sessions / 2],
            back[^1],
            devices.Max(device => time.GetElapsedTime(cutAt, device.ReceivedAt)),
            devices.Sum(static device => (long)device.Refused),
            devices.Sum(static device => (long)Rounds - device.Received),
            devices.Sum(static device => (long)device.Repeated));
    }

    private void NoteReady() => Interlocked.Increment(ref _ready);

    private static async Task CreateAsync(LightSocket writer, List<StormDevice> devices, CancellationToken stop)
    {
        for (var first = 0; first < devices.Count; first += GroupSize)
        {
            var members = Enumerable.Range(first, Math.Min(GroupSize, devices.Count - first)).ToList();
            await writer.SendAsync(
                new ChatCreate { Id = 2, ClientId = Key(), Members = [.. members.Select(i => $"storm-{i}")] }, stop);
            var chat = "";
            while (chat.Length == 0)
                foreach (var line in LightSocket.Lines(await writer.ReadAsync(stop)))
                    chat = JsonFrames.ReadServerFrame(line.Span).Frame switch
                    {
                        Ack ack => ack.Chat,
                        ErrorFrame error => throw new InvalidOperationException(error.Problem.ToString()),
                        _ => chat,
                    };
            foreach (var i in members) devices[i].Chat = chat;
        }
    }

    private async Task SayAsync(LightSocket writer, List<string> chats, int round, CancellationToken stop)
    {
        var number = First * (uint)round;
        foreach (var chat in chats)
        {
            await writer.SendAsync(
                new MessageSend
                {
                    Id = ++number,
                    Chat = chat,
                    ClientId = Key(),
                    Body = new MessageBody { Text = $"round {round}" },
                },
                stop);
            await UntilAsync(() => number - (First * (uint)round) - AcknowledgedOf(round, chats.Count) < 20, [], stop);
        }

        await UntilAsync(() => AcknowledgedOf(round, chats.Count) >= chats.Count, [], stop);
    }

    private int AcknowledgedOf(int round, int chats) => Volatile.Read(ref _acknowledged) - ((round - 1) * chats);

    private async Task ListenAsync(LightSocket writer, CancellationToken stop)
    {
        try
        {
            while (await writer.ReadAsync(stop) is { IsEmpty: false } message)
                foreach (var line in LightSocket.Lines(message))
                    switch (JsonFrames.ReadServerFrame(line.Span).Frame)
                    {
                        case Ack:
                            Interlocked.Increment(ref _acknowledged);
                            break;
                        case ErrorFrame error:
                            throw new InvalidOperationException(error.Problem.ToString());
                    }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

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

    private static string Key() => ClientId.New(TimeProvider.System.GetUtcNow()).ToString();
}
