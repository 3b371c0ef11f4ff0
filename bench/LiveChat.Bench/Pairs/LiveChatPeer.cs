using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LiveChat.Bench.FanOut;
using LiveChat.Bench.Sockets;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Server;

namespace LiveChat.Bench.Pairs;

/// <summary>LiveChat as it is shipped, but for the rates.</summary>
internal sealed class LiveChatPeer : IPeer
{
    private const string Services = "SERVICES";
    private const int BufferBytes = 16 * 1024;

    private readonly ServerChild _server;
    private readonly string _folder;
    private readonly ServerState _state;
    private readonly int[] _services;

    private LiveChatPeer(string name, ServerChild server, string folder, ServerState state, int[] services) =>
        (Name, _server, _folder, _state, _services) = (name, server, folder, state, services);

    public string Name { get; }

    public TimeSpan Cpu => _services.Select(Processes.CpuOf).Aggregate(_server.Cpu, static (sum, one) => sum + one);

    /// <param name="name">What the table calls it.</param>
    /// <param name="options">Its environment, and under <c>SERVICES</c> the files with the ids of the processes that
    /// work for it alone, separated by colons.</param>
    public static async Task<LiveChatPeer> StartAsync(string name, IReadOnlyDictionary<string, string> options)
    {
        var folder = Directory.CreateTempSubdirectory("livechat-pairs-").FullName;
        var environment = FanOutBench.Unlimited();
        var state = new ServerState(TimeProvider.System);
        environment["LIVECHAT__INTERNAL"] = state.Address;
        environment["LIVECHAT__TOKENS__SECRETFILE"] = Path.Combine(folder, "secret");
        await File.WriteAllTextAsync(
            environment["LIVECHAT__TOKENS__SECRETFILE"], RandomNumberGenerator.GetHexString(64));
        foreach (var (key, value) in options.Where(static one => one.Key != Services)) environment[key] = value;
        var services = options.GetValueOrDefault(Services, "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(static file => int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture)).ToArray();
        var server = await ServerChild.StartAsync("serve-livechat", environment, Path.Combine(folder, "data"));
        return new LiveChatPeer(name, server, folder, state, services);
    }

    public void StandStill() => Processes.StandStill([_server.ProcessId, .. _services]);

    /// <summary>Consumers and connections have timed out meanwhile.</summary>
    public async Task GoOnAsync(CancellationToken stop)
    {
        Processes.GoOn([.. _services, _server.ProcessId]);
        await _state.UntilWholeAsync(stop);
    }

    public Task<long> BehindAsync(CancellationToken stop) => _state.BehindAsync(stop);

    public async Task<IReadOnlyList<LoadDevice>> OpenChatAsync(string name, int members, CancellationToken stop)
    {
        var users = Enumerable.Range(0, members).Select(member => $"{name}-{member}").ToArray();
        var sockets = new List<LightSocket>();
        foreach (var user in users)
        {
            var socket = await LightSocket.OpenAsync(_server.Endpoint, BufferBytes, kernelBytes: null, stop);
            sockets.Add(socket);
            var token = LiveChatServer.MintToken(_folder, user, TimeSpan.FromHours(1));
            await socket.ConnectAsync(new Connect { Token = token }, stop);
        }

        var create = members == 2
            ? new ChatCreate { Id = 2, ClientId = Key(), Direct = users[1] }
            : new ChatCreate { Id = 2, ClientId = Key(), Members = [.. users.Skip(1)] };
        var chat = (await AskAsync(sockets[0], create, stop)).Chat;

        // Who starts a direct chat may not go on before the other one answers.
        if (members == 2) await AskAsync(sockets[1], MessageOf(2, chat, "hello"), stop);
        return [.. sockets.Select(socket => new Device(socket, chat))];
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _state.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Key() => ClientId.New(TimeProvider.System.GetUtcNow()).ToString();

    private static MessageSend MessageOf(long number, string chat, string text) => new()
    {
        Id = (uint)number,
        Chat = chat,
        ClientId = Key(),
        Body = new MessageBody { Text = text },
    };

    private static async Task<Ack> AskAsync(LightSocket socket, ClientFrame command, CancellationToken stop)
    {
        await socket.SendAsync(command, stop);
        while (await socket.ReadAsync(stop) is { IsEmpty: false } message)
            foreach (var line in LightSocket.Lines(message))
                switch (JsonFrames.ReadServerFrame(line.Span).Frame)
                {
                    case Ack ack:
                        return ack;
                    case ErrorFrame error:
                        throw new InvalidOperationException(error.Problem.ToString());
                }

        throw new InvalidOperationException($"The server closed with {socket.CloseCode}.");
    }

    private sealed class Device(LightSocket socket, string chat) : LoadDevice(socket)
    {
        protected override byte[] FrameOf(long number, string text) =>
            LightSocket.Frame(MessageOf(number, chat, text));

        protected override void Take(ReadOnlySpan<byte> message)
        {
            foreach (var range in message.Split((byte)'\n'))
            {
                var line = message[range];
                if (line.StartsWith("{\"type\":\"message.created\""u8))
                {
                    var seq = NumberBehind(line, "\"seq\":"u8);
                    while (LoadText.TryTake(ref line, out var text)) Delivered(seq, text);
                }
                else if (line.StartsWith("{\"type\":\"ack\""u8))
                {
                    Acknowledged(NumberBehind(line, "\"re\":"u8));
                }
                else if (line.StartsWith("{\"type\":\"error\""u8))
                {
                    throw new InvalidOperationException(Encoding.UTF8.GetString(line));
                }
            }
        }
    }
}
