using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace LiveChat.Tests.Client;

/// <summary>A listener on a real port that is not a LiveChat server: it answers each connection with fixed bytes, once
/// it has read the request, or not at all.</summary>
internal sealed class RawPeer : IAsyncDisposable
{
    private const string WebSocketKeySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<string, string?> _answer;
    private readonly X509Certificate2? _certificate;
    private readonly Task _serving;

    private RawPeer(Func<string, string?> answer, X509Certificate2? certificate)
    {
        (_answer, _certificate) = (answer, certificate);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _serving = Task.Run(ServeAsync);
    }

    public int Port { get; }

    /// <summary>Done when a client has sent its request.</summary>
    public Task Asked => _asked.Task;

    /// <summary>Answers the request with what the function makes of it; null leaves it open.</summary>
    public static RawPeer Answering(Func<string, string?> answer) => new(answer, null);

    /// <summary>Answers with a status and headers.</summary>
    public static RawPeer Status(int status, string headers = "") =>
        Answering(_ => $"HTTP/1.1 {status} Answer\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n");

    /// <summary>Speaks TLS with a certificate that no client trusts.</summary>
    public static RawPeer Untrusted()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = TimeProvider.System.GetUtcNow();
        return new RawPeer(_ => null, request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1)));
    }

    /// <summary>Accepts the WebSocket and speaks another subprotocol, or none.</summary>
    public static RawPeer Upgrading(string? subprotocol) => Answering(request =>
    {
        var key = request.Split("\r\n").SingleOrDefault(
            line => line.StartsWith("Sec-WebSocket-Key:", StringComparison.OrdinalIgnoreCase))?[18..].Trim();
        if (key is null) return "HTTP/1.1 404 Answer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
#pragma warning disable CA5350 // RFC 6455 says SHA-1.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + WebSocketKeySuffix)));
#pragma warning restore CA5350
        var chosen = subprotocol is null ? "" : $"Sec-WebSocket-Protocol: {subprotocol}\r\n";
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + $"Sec-WebSocket-Accept: {accept}\r\n{chosen}\r\n";
    });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
        _certificate?.Dispose();
    }

    private async Task ServeAsync()
    {
        var open = new List<TcpClient>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                open.Add(client);
                await ServeAsync(client);
            }
        }
        catch (Exception stopped) when (_stop.IsCancellationRequested && stopped is not OutOfMemoryException)
        {
            // The test is over.
        }
        finally
        {
            foreach (var client in open) client.Dispose();
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            Stream stream = client.GetStream();
            if (_certificate is not null)
            {
                var secure = new SslStream(stream);
                await secure.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                stream = secure;
            }

            var request = await ReadRequestAsync(stream);
            var answer = _answer(request);
            _asked.TrySetResult();
            if (answer is null) return;
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), _stop.Token);
            client.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception refused) when (refused is IOException
            or System.Security.Authentication.AuthenticationException)
        {
            client.Close();
        }
    }

    private async Task<string> ReadRequestAsync(Stream stream)
    {
        var request = new StringBuilder();
        var buffer = new byte[4096];
        while (!request.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, _stop.Token);
            if (read == 0) break;
            request.Append(Encoding.ASCII.GetString(buffer, 0, read));
            if (buffer[0] == 0x16) break; // A TLS hello.
        }

        return request.ToString();
    }
}
