using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Tests.Protocol;

namespace LiveChat.Cql.Tests.Connections;

/// <summary>
/// A server that does what it is told, for what a real one will not do. It answers STARTUP by itself and hands every
/// other request to the script, which answers on whatever stream, in whatever bytes, or not at all.
/// </summary>
internal sealed class FakePeer : IAsyncDisposable
{
    private readonly Socket _listener = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly Func<FakeConnection, EnvelopeHeader, byte[], Task> _script;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _serving = [];
    private readonly Task _accepting;
    private bool _isDisposed;

    public FakePeer(Func<FakeConnection, EnvelopeHeader, byte[], Task> script, IPEndPoint? endPoint = null)
    {
        _script = script;
        _listener.Bind(endPoint ?? new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!; // it is bound
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>The newest protocol that it speaks; it refuses newer ones as Cassandra does.</summary>
    public ProtocolVersion VersionMax { get; init; } = ProtocolVersion.V5;

    /// <summary>The authenticator that it names instead of being ready; the script answers AUTH_RESPONSE.</summary>
    public string? Authenticator { get; init; }

    public int ConnectionCount { get; private set; }

    /// <summary>How many connections it serves; more are closed at once.</summary>
    public int ConnectionsMax { get; set; } = int.MaxValue;

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        await _stopping.CancelAsync();
        _listener.Dispose();
        await Task.WhenAll(_serving.Append(_accepting));
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stopping.Token);
                if (++ConnectionCount > ConnectionsMax)
                {
                    socket.Dispose();
                    continue;
                }

                _serving.Add(ServeAsync(socket));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // the end
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        using var envelopes = new EnvelopeReader(1 << 24);
        var input = PipeReader.Create(stream);
        var connection = new FakeConnection(stream, this);
        try
        {
            while (true)
            {
                var result = await input.ReadAsync(_stopping.Token);
                var buffer = result.Buffer;
                var requests = new List<(EnvelopeHeader, byte[])>();
                while (envelopes.TryRead(ref buffer, out var request))
                {
                    requests.Add((request.Header, request.Body.ToArray()));
                    if (request.Header is { Opcode: Opcode.Startup, Version: ProtocolVersion.V5 }
                        && VersionMax == ProtocolVersion.V5)
                        envelopes.SwitchToSegments();
                }

                input.AdvanceTo(buffer.Start, buffer.End);
                foreach (var (header, body) in requests) await HandleAsync(connection, header, body);
                if (result.IsCompleted) return;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // the client has gone, or the test has ended
        }
    }

    private async Task HandleAsync(FakeConnection connection, EnvelopeHeader header, byte[] body)
    {
        if (header.Version > VersionMax)
        {
            await connection.SendAsync(
                header.Stream, Opcode.Error, Hex.Bytes("0000000A 0003 \"old\""), version: VersionMax);
            connection.Close();
        }
        else if (header.Opcode == Opcode.Startup)
        {
            var (opcode, answer) = Authenticator is null
                ? (Opcode.Ready, [])
                : (Opcode.Authenticate, Hex.Bytes($"{Authenticator.Length:X4} \"{Authenticator}\""));
            await connection.SendAsync(header.Stream, opcode, answer, version: header.Version);
            connection.Version = header.Version;
        }
        else
        {
            await _script(connection, header, body);
        }
    }
}
