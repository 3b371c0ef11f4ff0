using HdrHistogram;
using LiveChat.Bench.FanOut;
using LiveChat.Bench.Sockets;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server;

namespace LiveChat.Bench.Hostile;

/// <summary>
/// What others feel while 16 devices of one account ask for the dearest reads that they can make, at the rates of a
/// server as it comes: how long another user's sends and <c>/livez</c> take, in rounds with and without them in turn,
/// since the machine may be busy with other things. What the account stores is made before, without rates.
/// </summary>
internal sealed class HostileBench(TimeSpan round, int rounds)
{
    private const int Devices = 16;
    private const int Groups = 200;
    private const int MadeUp = 60;
    private const int Friends = 4;
    private const int Edits = 100;
    private const int Skipped = 8_200;
    private const int BufferBytes = 256 * 1024;

    /// <summary>A little less than the frames that a session may send.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(11);

    private static readonly TimeSpan SendPause = TimeSpan.FromMilliseconds(60);
    private readonly TimeProvider _time = TimeProvider.System;

    public async Task RunAsync()
    {
        var data = Path.Combine(Path.GetTempPath(), $"livechat-hostile-{Environment.ProcessId}");
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(30), _time);
            var (edited, skipped) = await PrepareAsync(data, limit.Token);
            var inside = FreeAddress();
            await using var server = await ServerChild.StartAsync(
                "serve-livechat", new Dictionary<string, string> { ["LIVECHAT__INTERNAL"] = inside.ToString() }, data);
            var attacks = new (string Name, Func<ClientFrame> Command)[]
            {
                ("chats of one, 200 pull groups", static () => new ChatsGet { Limit = 1 }),
                ("pages of 100 edits, 2,048 reactions",
                    () => new HistoryGet { Chat = edited, View = HistoryViews.Events, Limit = 100 }),
                ("pages over 8,200 events, no message",
                    () => new HistoryGet { Chat = skipped, BeforeSeq = Skipped, Limit = 100 }),
                ("waits for a seq that never comes",
                    () => new HistoryGet { Chat = edited, MinSeq = Limits.SeqMax }),
            };
            foreach (var (name, command) in attacks)
                await CompareAsync((server, inside, data), name, command, limit.Token);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>Makes what the reads go over: the groups, the edits, the events that are no messages.</summary>
    private static async Task<(string Edited, string Skipped)> PrepareAsync(string data, CancellationToken stop)
    {
        await using var server = await ServerChild.StartAsync("serve-livechat", FanOutBench.Unlimited(), data);
        using var mallory = await ConnectAsync(server, data, "mallory", 0, stop);
        for (var i = 0; i < Groups; i++)
            await mallory.AckAsync(
                new ChatCreate { ClientId = HostileDevice.Key(), Members = [.. Names($"ghost-{i}", MadeUp)] }, stop);
        var friends = new List<HostileDevice> { mallory };
        for (var i = 1; i < Friends; i++) friends.Add(await ConnectAsync(server, data, $"friend-{i}", 0, stop));
        var edited = await CreateAsync(mallory, stop);
        var target = await mallory.AckAsync(Message(edited), stop);
        foreach (var friend in friends)
            for (var i = 0; i < Limits.EmojisByUserMax; i++)
                await friend.AckAsync(Reaction(edited, target.Seq, $"e{i}", on: true), stop);
        for (var i = 0; i < Edits; i++)
            await mallory.AckAsync(
                new MessageEdit
                {
                    Chat = edited,
                    ClientId = HostileDevice.Key(),
                    Target = target.Seq,
                    Body = new MessageBody { Text = $"{i}" },
                },
                stop);

        // Each of four friends in turn, since a change counts for the user who makes it.
        var skipped = await CreateAsync(mallory, stop);
        target = await mallory.AckAsync(Message(skipped), stop);
        for (var i = 0; i < Skipped; i++)
            await friends[i % Friends].AckAsync(Reaction(skipped, target.Seq, "e", on: i / Friends % 2 == 0), stop);
        friends.ForEach(static friend => friend.Dispose());
        return (edited, skipped);
    }

    private async Task CompareAsync(
        (ServerChild Child, Uri Inside, string Data) at,
        string name,
        Func<ClientFrame> command,
        CancellationToken stop)
    {
        var (server, inside, data) = at;
        using var ann = await ConnectAsync(server, data, "ann", 0, stop);
        var group = new ChatCreate { ClientId = HostileDevice.Key(), Members = ["bob"] };
        var chat = (await ann.AckAsync(group, stop)).Chat;
        var (quiet, hostile) = (new Felt(), new Felt());
        await MeasureAsync(inside, ann, chat, new Felt(), stop);
        var (asked, refused) = (0L, 0L);
        for (var i = 0; i < rounds; i++)
        {
            await MeasureAsync(inside, ann, chat, quiet, stop);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var devices = new List<HostileDevice>();
            for (var d = 0; d < Devices; d++) devices.Add(await ConnectAsync(server, data, "mallory", d, stop));
            var loops = devices.ConvertAll(device => device.RepeatAsync(command, Pause, over.Token));
            await MeasureAsync(inside, ann, chat, hostile, stop);
            await over.CancelAsync();
            await Task.WhenAll(loops);
            asked += devices.Sum(static device => device.Asked);
            refused += devices.Sum(static device => device.Refusals);
            devices.ForEach(static device => device.Dispose());
        }

        Console.WriteLine($"{name}: {asked / (rounds * round.TotalSeconds):N0} reads/s asked, {refused} refused, "
            + $"load average {File.ReadAllText("/proc/loadavg").Trim()}");
        Report("  another's send", quiet.Sends, hostile.Sends);
        Report("  /livez        ", quiet.Lives, hostile.Lives);
    }

    /// <summary>Sends and asks for a round, each after the answer to the one before.</summary>
    private async Task MeasureAsync(
        Uri inside, HostileDevice ann, string chat, Felt felt, CancellationToken stop)
    {
        using var http = new HttpClient();
        var began = _time.GetTimestamp();
        while (_time.GetElapsedTime(began) < round)
        {
            var sent = _time.GetTimestamp();
            await ann.AckAsync(Message(chat), stop);
            felt.Sends.RecordValue((long)_time.GetElapsedTime(sent).TotalMicroseconds);
            var asked = _time.GetTimestamp();
            await http.GetStringAsync(new Uri(inside, "/livez"), stop);
            felt.Lives.RecordValue((long)_time.GetElapsedTime(asked).TotalMicroseconds);
            await Task.Delay(SendPause, _time, stop);
        }
    }

    private static void Report(string name, LongHistogram quiet, LongHistogram hostile)
    {
        double At(LongHistogram of, double percentile) => of.GetValueAtPercentile(percentile) / 1e3;
        Console.WriteLine($"{name}  p50 {At(quiet, 50):N1} → {At(hostile, 50):N1} ms"
            + $"  p99 {At(quiet, 99):N1} → {At(hostile, 99):N1} ms"
            + $"  ratio of p99 {At(hostile, 99) / At(quiet, 99):N2}");
    }

    private static async Task<HostileDevice> ConnectAsync(
        ServerChild server, string data, string user, int device, CancellationToken stop)
    {
        var socket = await LightSocket.OpenAsync(server.Endpoint, BufferBytes, null, stop);
        var token = LiveChatServer.MintToken(data, user, TimeSpan.FromHours(1));
        await socket.ConnectAsync(new Connect { Token = token, Device = $"device-{device}" }, stop);
        return new HostileDevice(socket);
    }

    private static async Task<string> CreateAsync(HostileDevice device, CancellationToken stop) =>
        (await device.AckAsync(
            new ChatCreate { ClientId = HostileDevice.Key(), Members = [.. Names("friend", Friends)] }, stop)).Chat;

    /// <summary>The internal address is not printed, so a port is asked for before.</summary>
    private static Uri FreeAddress() => new($"http://127.0.0.1:{FreePort.Find()}");

    private static IEnumerable<string> Names(string name, int count) =>
        Enumerable.Range(0, count).Select(i => $"{name}-{i}");

    private static MessageSend Message(string chat) =>
        new() { Chat = chat, ClientId = HostileDevice.Key(), Body = new MessageBody { Text = "hello" } };

    private static ReactionSet Reaction(string chat, long target, string emoji, bool on) =>
        new() { Chat = chat, ClientId = HostileDevice.Key(), Target = target, Emoji = emoji, On = on };

    /// <summary>What others felt, in microseconds.</summary>
    private sealed class Felt
    {
        public LongHistogram Sends { get; } = new(60_000_000, 3);

        public LongHistogram Lives { get; } = new(60_000_000, 3);
    }
}
