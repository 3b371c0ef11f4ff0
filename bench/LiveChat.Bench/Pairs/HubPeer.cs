using System.Globalization;
using System.Text;
using LiveChat.Bench.Sockets;
using LiveChat.Loads.Chats;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Ids;

namespace LiveChat.Bench.Pairs;

/// <summary>The hub of <c>bench/peers/signalr-postgres</c>, with its database or with none, spoken to in the JSON hub
/// protocol.</summary>
internal sealed class HubPeer : IPeer
{
    private const int BufferBytes = 16 * 1024;
    private const byte End = 0x1e;

    private readonly ServerChild _server;
    private readonly PostgresChild? _database;
    private int _chats;

    private HubPeer(string name, ServerChild server, PostgresChild? database) =>
        (Name, _server, _database) = (name, server, database);

    public string Name { get; }

    public TimeSpan Cpu => _server.Cpu + (_database?.Cpu ?? TimeSpan.Zero);

    public static async Task<HubPeer> StartWithoutStoreAsync() =>
        new("hub, none", await ServerChild.StartProgramAsync(Program), null);

    /// <param name="name">What the table calls it.</param>
    /// <param name="tuning">What is added to the connection string and to the database's settings.</param>
    public static async Task<HubPeer> StartAsync(string name, HubTuning tuning)
    {
        var database = await PostgresChild.StartAsync(tuning.DatabaseSettings);
        try
        {
            var server = await ServerChild.StartProgramAsync(
                Program,
                database.ConnectionString + tuning.Pool,
                tuning.Parallel.ToString(CultureInfo.InvariantCulture));
            return new HubPeer(name, server, database);
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
        {
            var hub = new Uri(_server.Endpoint, $"/chat?user={name}-{member}");
            var socket = await LightSocket.OpenAsync(hub, "", BufferBytes, kernelBytes: null, stop);
            await socket.SendAsync(Record("""{"protocol":"json","version":1}"""), stop);
            await UntilAsync(socket, "{}"u8.ToArray(), stop);
            await socket.SendAsync(
                Record($$"""{"type":1,"invocationId":"0","target":"Join","arguments":[{{chat}}]}"""), stop);
            await UntilAsync(socket, """{"type":3"""u8.ToArray(), stop);
            devices.Add(new Device(socket, chat));
        }

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

    private static byte[] Record(string json) => LightSocket.Frame(Payload(json));

    private static byte[] Payload(string json) => [.. Encoding.UTF8.GetBytes(json), End];

    private static async Task UntilAsync(LightSocket socket, byte[] beginning, CancellationToken stop)
    {
        while (await socket.ReadAsync(stop) is { IsEmpty: false } message)
            if (message.Span.StartsWith(beginning))
                return;
        throw new InvalidOperationException($"The hub closed with {socket.CloseCode}.");
    }

    private sealed class Device(LightSocket socket, int chat) : LoadDevice(socket)
    {
        protected override byte[] FrameOf(long number, string text)
        {
            var key = ClientId.New(TimeProvider.System.GetUtcNow());
            var arguments = string.Create(CultureInfo.InvariantCulture, $"[{chat},\"{key}\",\"{text}\"]");
            return Payload(string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"type":1,"invocationId":"{{number}}","target":"Send","arguments":{{arguments}}}"""));
        }

        protected override void Take(ReadOnlySpan<byte> message)
        {
            foreach (var range in message.Split(End))
            {
                var record = message[range];
                if (record.StartsWith("""{"type":1,"target":"message","arguments":["""u8))
                {
                    var seq = NumberBehind(record, "\"arguments\":["u8);
                    while (LoadText.TryTake(ref record, out var text)) Delivered(seq, text);
                }
                else if (record.StartsWith("""{"type":3"""u8))
                {
                    if (record.IndexOf("\"error\":"u8) >= 0)
                        throw new InvalidOperationException(Encoding.UTF8.GetString(record));
                    Acknowledged(NumberBehind(record, "\"invocationId\":\""u8));
                }
            }
        }
    }
}
