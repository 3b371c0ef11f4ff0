using System.Globalization;
using System.Text;
using LiveChat.Bench.Sockets;
using LiveChat.Loads.Chats;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Ids;

namespace LiveChat.Bench.Pairs;

/// <summary>The hub of <c>bench/peers/signalr-postgres</c>, with its database or with none, spoken to in one of its
/// protocols.</summary>
internal sealed class HubPeer : IPeer
{
    private const int BufferBytes = 16 * 1024;

    private readonly IHubWire _wire;
    private readonly ServerChild _server;
    private readonly PostgresChild? _database;
    private int _chats;

    private HubPeer(string name, IHubWire wire, ServerChild server, PostgresChild? database) =>
        (Name, _wire, _server, _database) = (name, wire, server, database);

    public string Name { get; }

    public TimeSpan Cpu => _server.Cpu + (_database?.Cpu ?? TimeSpan.Zero);

    /// <param name="name">What the table calls it.</param>
    /// <param name="wire">The protocol.</param>
    public static async Task<HubPeer> StartWithoutStoreAsync(string name, IHubWire wire) =>
        new(name, wire, await ServerChild.StartProgramAsync(Program), null);

    /// <param name="name">What the table calls it.</param>
    /// <param name="wire">The protocol.</param>
    /// <param name="tuning">What is added to the connection string and to the database's settings.</param>
    public static async Task<HubPeer> StartAsync(string name, IHubWire wire, HubTuning tuning)
    {
        var database = await PostgresChild.StartAsync(tuning.DatabaseSettings);
        try
        {
            var server = await ServerChild.StartProgramAsync(
                Program,
                database.ConnectionString + tuning.Pool,
                tuning.Parallel.ToString(CultureInfo.InvariantCulture));
            return new HubPeer(name, wire, server, database);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    public async Task<IReadOnlyList<LoadDevice>> OpenChatAsync(string name, int members, CancellationToken stop)
    {
        var chat = ++_chats;
        var devices = new List<LoadDevice>();
        for (var member = 0; member < members; member++)
            devices.Add(new Device(await OpenAsync($"{name}-{member}", chat, stop), _wire, chat));
        return devices;
    }

    public void StandStill() => Processes.StandStill(All);

    public Task GoOnAsync(CancellationToken stop)
    {
        Processes.GoOn(All);
        return Task.CompletedTask;
    }

    public Task<long> BehindAsync(CancellationToken stop) => Task.FromResult(0L);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        if (_database is not null) await _database.DisposeAsync();
    }

    private IEnumerable<int> All => [.. _database?.Processes ?? [], _server.ProcessId];

    /// <summary>Where the peer's build puts it: beside this program's, in the same configuration.</summary>
    private static string Program => Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory,
        "../../../../peers/signalr-postgres/bin",
        new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
        "net10.0/SignalRPostgres"));

    private async Task<LightSocket> OpenAsync(string user, int chat, CancellationToken stop)
    {
        var hub = new Uri(_server.Endpoint, $"/chat?user={user}");
        var socket = await LightSocket.OpenAsync(hub, "", BufferBytes, kernelBytes: null, stop);
        var handshake = $$"""{"protocol":"{{_wire.Protocol}}","version":1}""";
        await socket.SendAsync(LightSocket.Frame([.. Encoding.UTF8.GetBytes(handshake), HubJson.End]), stop);
        if (!(await socket.ReadAsync(stop)).Span.StartsWith("{}"u8))
            throw new InvalidOperationException($"The hub does not speak {_wire.Protocol}.");
        socket.SendsBinary = _wire.IsBinary;
        socket.SendMessage(_wire.Call(0, "Join", chat));
        while (await socket.ReadAsync(stop) is { IsEmpty: false } message)
            if (HasAnswer(message.Span))
                return socket;
        throw new InvalidOperationException($"The hub closed with {socket.CloseCode}.");
    }

    private bool HasAnswer(ReadOnlySpan<byte> message)
    {
        while (_wire.TryTake(ref message, out var record))
            if (record.Kind is HubRecordKind.Answered)
                return true;
        return false;
    }

    private sealed class Device(LightSocket socket, IHubWire wire, int chat) : LoadDevice(socket)
    {
        protected override byte[] FrameOf(long number, string text) =>
            wire.Call(number, "Send", chat, ClientId.New(TimeProvider.System.GetUtcNow()).ToString(), text);

        protected override void Take(ReadOnlySpan<byte> message)
        {
            while (wire.TryTake(ref message, out var record))
            {
                if (record.Kind is HubRecordKind.Failed) throw new InvalidOperationException("The hub failed.");
                if (record.Kind is HubRecordKind.Delivered) Delivered(record.Number, record.Text);
                else if (record.Kind is HubRecordKind.Answered) Acknowledged(record.Number);
            }
        }
    }
}
