using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LiveChat.Tests.Running;

/// <summary>
/// Stands between a client and a server and does to their TCP connections what networks do: delays, narrows and loses
/// bytes in one direction, stops reading, cuts, and answers in the server's place. A change of <see cref="Up"/>,
/// <see cref="Down"/> or <see cref="Between"/> counts at once, for connections that are there too. Any thread.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private const int HeadBytesMax = 16 * 1024;
    private const int ConnectionsMax = 20_000;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<string, (Faults Up, Faults Down)> _between = [];
    private readonly Func<CancellationToken, Task<Uri>> _choose;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<Link> _links = [];
    private readonly List<string> _requests = [];
    private readonly Task _accepting;

    public FaultProxy(Uri server)
        : this(_ => Task.FromResult(server))
    {
    }

    /// <param name="choose">Chooses the server of a connection. A connection for which it throws a
    /// <see cref="SocketException"/> is cut.</param>
    public FaultProxy(Func<CancellationToken, Task<Uri>> choose)
    {
        _choose = choose;
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Url { get; }

    /// <summary>What happens to the bytes of clients.</summary>
    public Faults Up { get; set; } = new();

    /// <summary>What happens to the bytes of the server.</summary>
    public Faults Down { get; set; } = new();

    /// <summary>Names a connection by the first bytes of its client, of which it is shown more and more; null while
    /// they do not say who it is.</summary>
    public Func<byte[], string?> Identify { get; init; } = static _ => null;

    /// <summary>Looks at the first line of a connection: null lets it through, other text is the answer, after which
    /// the connection is closed. An answer that is empty is none.</summary>
    public Func<string, string?> Screen { get; set; } = static _ => null;

    /// <summary>The first lines of all connections, as they came.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_lock) return [.. _requests];
        }
    }

    /// <summary>What happens to the bytes of the clients of one name, in place of <see cref="Up"/> and
    /// <see cref="Down"/>.</summary>
    public void Between(string name, Faults up, Faults down) => _between[name] = (up, down);

    /// <summary>The clients of that name are as all others again.</summary>
    public void Mend(string name) => _between.TryRemove(name, out _);

    /// <summary>Cuts all connections, on both sides.</summary>
    public void Reset()
    {
        Link[] links;
        lock (_lock) links = [.. _links];
        foreach (var link in links) link.Reset();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Reset();
        await _accepting;
        Task[] running;
        lock (_lock) running = [.. _links.Select(static link => link.Running)];
        await Task.WhenAll(running);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        for (var count = 0; count < ConnectionsMax; count++)
        {
            try
            {
                var link = new Link(await _listener.AcceptSocketAsync(_stop.Token));
                lock (_lock) _links.Add(link);
                link.Running = RunAsync(link);
            }
            catch (Exception stopped) when (stopped is OperationCanceledException or SocketException)
            {
                return;
            }
        }
    }

    private async Task RunAsync(Link link)
    {
        try
        {
            var head = await ReadHeadAsync(link);
            var line = Encoding.Latin1.GetString(head).Split("\r\n")[0];
            lock (_lock) _requests.Add(line);
            if (Screen(line) is { } answer)
            {
                await AnswerAsync(link.Client, answer);
                return;
            }

            var server = await _choose(_stop.Token);
            await link.Server.ConnectAsync(server.Host, server.Port, _stop.Token);
            link.Name = Identify(head);
            if (!UpOf(link).IsBlackHole) await link.Server.SendAsync(head, _stop.Token);
            await Task.WhenAll(
                PumpAsync(link, link.Client, link.Server, () => UpOf(link), Heard),
                PumpAsync(link, link.Server, link.Client, () => DownOf(link), static _ => { }));

            void Heard(ReadOnlyMemory<byte> bytes)
            {
                if (link.Name is not null || head.Length > HeadBytesMax) return;
                head = [.. head, .. bytes.Span];
                link.Name = Identify(head);
            }
        }
        catch (Exception over) when (over is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of both, or the test, ended it.
        }
        finally
        {
            link.Reset();
        }
    }

    private Faults UpOf(Link link) =>
        link.Name is { } name && _between.TryGetValue(name, out var faults) ? faults.Up : Up;

    private Faults DownOf(Link link) =>
        link.Name is { } name && _between.TryGetValue(name, out var faults) ? faults.Down : Down;

    /// <summary>Answers, and reads to the client's end: a reset would take the answer with it.</summary>
    private async Task AnswerAsync(Socket client, string answer)
    {
        await client.SendAsync(Encoding.Latin1.GetBytes(answer), _stop.Token);
        client.Shutdown(SocketShutdown.Send);
        var rest = new byte[4_096];
        while (await client.ReceiveAsync(rest, _stop.Token) > 0)
        {
        }
    }

    private async Task<byte[]> ReadHeadAsync(Link link)
    {
        var head = new List<byte>();
        var buffer = new byte[4_096];
        while (head.Count < HeadBytesMax && !head.Contains((byte)'\n'))
        {
            var count = await link.Client.ReceiveAsync(buffer, _stop.Token);
            if (count == 0) break;
            head.AddRange(buffer.AsSpan(0, count));
        }

        return [.. head];
    }

    private async Task PumpAsync(
        Link link, Socket from, Socket to, Func<Faults> faults, Action<ReadOnlyMemory<byte>> heard)
    {
        var buffer = new byte[16 * 1024];
        var total = 0L;
        while (true)
        {
            while (faults().StopsReading) await Task.Delay(Look, TimeProvider.System, _stop.Token);
            var room = faults().SliceBytes ?? buffer.Length;
            var count = await from.ReceiveAsync(buffer.AsMemory(0, room), _stop.Token);
            if (count == 0) break;
            total += count;
            heard(buffer.AsMemory(0, count));
            var now = faults();
            if (now.Delay > TimeSpan.Zero) await Task.Delay(now.Delay, TimeProvider.System, _stop.Token);
            if (now.BytesPerSecond is { } rate)
                await Task.Delay(TimeSpan.FromSeconds((double)count / rate), TimeProvider.System, _stop.Token);
            if (!now.IsBlackHole) await to.SendAsync(buffer.AsMemory(0, count), _stop.Token);
            if (total >= now.CloseAfterBytes)
            {
                link.Reset();
                return;
            }
        }

        // An end goes no other way than bytes do: where these are lost, the other side hears nothing of it.
        while (faults().IsBlackHole) await Task.Delay(Look, TimeProvider.System, _stop.Token);
        to.Shutdown(SocketShutdown.Send);
    }

    /// <summary>What happens to the bytes of one direction.</summary>
    internal sealed record Faults
    {
        public TimeSpan Delay { get; init; }

        public int? BytesPerSecond { get; init; }

        /// <summary>Bytes are taken and go nowhere: half of a connection is dead, and nobody says so.</summary>
        public bool IsBlackHole { get; init; }

        /// <summary>Nothing is taken any more.</summary>
        public bool StopsReading { get; init; }

        /// <summary>The connection is cut behind so many bytes.</summary>
        public long CloseAfterBytes { get; init; } = long.MaxValue;

        /// <summary>Bytes come in pieces of at most this size.</summary>
        public int? SliceBytes { get; init; }
    }

    private sealed class Link(Socket client)
    {
        public Socket Client { get; } = client;

        public Socket Server { get; } = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        public Task Running { get; set; } = Task.CompletedTask;

        /// <summary>Who the client says that it is; null while that is not known.</summary>
        public string? Name { get; set; }

        /// <summary>Both sides read a reset, as when a router forgets them.</summary>
        public void Reset()
        {
            Client.Close(timeout: 0);
            Server.Close(timeout: 0);
        }
    }
}
