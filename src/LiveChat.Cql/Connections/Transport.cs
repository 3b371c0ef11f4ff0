using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace LiveChat.Cql.Connections;

/// <summary>The byte stream to one node, plain or TLS, with a pipe on its reading side.</summary>
internal sealed class Transport : IAsyncDisposable
{
    private readonly Stream _stream;

    private Transport(Stream stream)
    {
        _stream = stream;
        Input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
    }

    public PipeReader Input { get; }

    public static async Task<Transport> ConnectAsync(
        EndPoint node, CqlTlsOptions? tls, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(node, cancellationToken).ConfigureAwait(false);
            var stream = new NetworkStream(socket, ownsSocket: true);
            return new Transport(tls is null
                ? stream
                : await SecureAsync(stream, node, tls, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        _stream.WriteAsync(bytes, cancellationToken);

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static async Task<SslStream> SecureAsync(
        Stream inner, EndPoint node, CqlTlsOptions tls, CancellationToken cancellationToken)
    {
        var name = tls.TargetHost ?? NodeAddress.HostOf(node);
        var authentication = new SslClientAuthenticationOptions { TargetHost = name };
        if (tls.ClientCertificate is { } certificate) authentication.ClientCertificates = [certificate];
        if (tls.TrustedCertificates.Count > 0)
        {
            authentication.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck, // a private authority has nobody to ask
            };
            authentication.CertificateChainPolicy.CustomTrustStore.AddRange(tls.TrustedCertificates);
        }

        var stream = new SslStream(inner);
        await stream.AuthenticateAsClientAsync(authentication, cancellationToken).ConfigureAwait(false);
        return stream;
    }
}
