using System.Diagnostics.Metrics;
using Grpc.Net.Client;
using LiveChat.Core.Links;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Links;

/// <summary>
/// The calls between nodes over gRPC: a listener for those of others, and a connection for each call of this node, so
/// that one that hangs holds up no other. Either mutual TLS or a shared secret says who belongs here, or both do. At
/// most <see cref="LinkOptions.OpeningsMax"/> calls begin at once. Any thread.
/// </summary>
internal sealed partial class GrpcLinks : ILinkNetwork, IAsyncDisposable
{
    private readonly LinkOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<GrpcLinks> _logger;
    private readonly LinkCounters _counters;
    private readonly SemaphoreSlim _openings = new(LinkOptions.OpeningsMax);
    private readonly CancellationTokenSource _stop = new();
    private readonly LinkService _service;
    private readonly LinkListener _listener;

    private GrpcLinks(LinkOptions options, LinkListener listener, LinkService service, LinkCounters counters,
        TimeProvider time, ILogger<GrpcLinks> logger)
    {
        (_options, _listener, _service, _counters, _time, _logger) =
            (options, listener, service, counters, time, logger);
    }

    /// <summary>The port that is listened on.</summary>
    public int Port => _listener.Port;

    /// <summary>Begins to listen; calls are refused until <see cref="Listen"/> says who serves them.</summary>
    /// <exception cref="InvalidDataException">The secret, a certificate or the address cannot be used.</exception>
    /// <exception cref="IOException">The address is taken.</exception>
    public static async Task<GrpcLinks> OpenAsync(
        LinkOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        Check(options);
        var counters = new LinkCounters();
        var service = new LinkService(options, counters, time, loggers.CreateLogger<LinkService>());
        var listener = await LinkListener.StartAsync(options, service, loggers, cancellationToken);
        var links = new GrpcLinks(options, listener, service, counters, time, loggers.CreateLogger<GrpcLinks>());
        links.LogListening(options.Listen, links.Port);
        return links;
    }

    /// <summary>Adds what is measured.</summary>
    public void Observe(Meter meter) => _counters.Observe(meter);

    public void Listen(LinkHello mine, Func<ILinkCall, CancellationToken, Task> serve) => _service.Serve(mine, serve);

    public async ValueTask<ILinkCall> CallAsync(
        NodeEntry node, LinkHello mine, CancellationToken cancellationToken)
    {
        if (node.Address.Length == 0)
            throw new LinkRefusedException(
                $"The node {node.Name} takes no links: set LiveChat:Links:Listen there, as on every node.");
        using var within = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        await _openings.WaitAsync(within.Token);
        var channel = NewChannel(node.Address);
        try
        {
            using var timeout = new CancellationTokenSource(LinkOptions.OpeningMax, _time);
            await using var _ = timeout.Token.Register(within.Cancel);
            return await OpenAsync(channel, node, mine, within.Token);
        }
        catch (LinkRefusedException)
        {
            channel.Dispose();
            _counters.RefusedCall();
            throw; // Who called logs it.
        }
        catch (Exception e) when (LinkErrors.IsEnd(e))
        {
            channel.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new IOException($"{node.Name} at {node.Address} cannot be called: {LinkErrors.Text(e)}", e);
        }
        finally
        {
            _openings.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _service.StopAsync();
        await _listener.DisposeAsync();
        _service.Dispose();
        _openings.Dispose();
        _stop.Dispose();
    }

    private async Task<ILinkCall> OpenAsync(
        GrpcChannel channel, NodeEntry node, LinkHello mine, CancellationToken cancellationToken)
    {
        var call = new NodeLinks.NodeLinksClient(channel).Call(cancellationToken: _stop.Token);
        var streams = new LinkStreams(call.ResponseStream, call.RequestStream, () =>
        {
            call.Dispose();
            channel.Dispose();
            return default;
        });
        try
        {
            await using var _ = cancellationToken.Register(call.Dispose);
            var peer = await LinkOpenings.CallAsync(
                node,
                mine,
                LinkSecret.Read(_options.SecretFile),
                opening => streams.WriteAsync(opening, cancellationToken),
                () => streams.ReadAsync(cancellationToken));
            return new GrpcLinkCall(peer, streams, _counters, _time, _stop.Token);
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }

    private GrpcChannel NewChannel(string address)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = LinkOptions.OpeningMax,
            KeepAlivePingDelay = LinkOptions.KeepAliveDelay,
            KeepAlivePingTimeout = LinkOptions.KeepAliveTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            UseProxy = false,
            AllowAutoRedirect = false,
        };
        if (_options.Tls is { } files) handler.SslOptions = LinkTls.ClientOptions(files);
        return GrpcChannel.ForAddress($"{(_options.Tls is null ? "http" : "https")}://{address}", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = LinkOptions.FrameBytesMax + LinkListener.EnvelopeBytesMax,
            MaxSendMessageSize = LinkOptions.FrameBytesMax + LinkListener.EnvelopeBytesMax,
            MaxRetryAttempts = 1,
            ThrowOperationCanceledOnCancellation = true,
        });
    }

    private static void Check(LinkOptions options)
    {
        if (LinkSecret.Read(options.SecretFile) is null && options.Tls is null)
            throw new InvalidDataException(
                "Links need a secret or certificates: set LiveChat:Links:SecretFile, or the files of LiveChat:Links "
                + "for TLS.");
        if (options.Tls is not { } files) return;
        LinkTls.ServerOptions(files);
        LinkTls.ClientOptions(files);
    }

    [LoggerMessage(11200, LogLevel.Information, "Takes links of other nodes at {Address} (port {Port}).")]
    private partial void LogListening(string address, int port);
}
