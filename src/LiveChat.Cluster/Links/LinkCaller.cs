using Grpc.Net.Client;
using LiveChat.Core.Links;

namespace LiveChat.Cluster.Links;

/// <summary>The calling end: a connection for each call, which no other call uses. Any thread.</summary>
/// <param name="options">How links are made.</param>
/// <param name="counters">Count.</param>
/// <param name="time">Limits the beginning of a call.</param>
/// <param name="stoppingToken">Ends all calls.</param>
internal sealed class LinkCaller(
    LinkOptions options, LinkCounters counters, TimeProvider time, CancellationToken stoppingToken)
{
    /// <summary>Calls a node.</summary>
    /// <exception cref="LinkRefusedException">One of both refuses the other.</exception>
    /// <exception cref="IOException">It cannot be reached.</exception>
    public async Task<ILinkCall> CallAsync(NodeEntry node, LinkHello mine, CancellationToken cancellationToken)
    {
        var (peer, streams) = await BeginAsync(node, mine, isProbe: false, cancellationToken);
        return new GrpcLinkCall(peer, streams, counters, time, stoppingToken);
    }

    /// <summary>Asks a node whether this one would get a link; its answer says who it is.</summary>
    /// <exception cref="LinkRefusedException">One of both refuses the other.</exception>
    /// <exception cref="IOException">It cannot be reached.</exception>
    public async Task<LinkHello> ProbeAsync(NodeEntry node, LinkHello mine, CancellationToken cancellationToken)
    {
        var (peer, streams) = await BeginAsync(node, mine, isProbe: true, cancellationToken);
        await streams.Close();
        return peer;
    }

    private async Task<(LinkHello Peer, LinkStreams Streams)> BeginAsync(
        NodeEntry node, LinkHello mine, bool isProbe, CancellationToken cancellationToken)
    {
        if (node.Address.Length == 0)
            throw new LinkRefusedException(
                $"The node {node.Name} takes no links: set LiveChat:Links:Listen there, as on every node.");
        using var within = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stoppingToken);
        using var timeout = new CancellationTokenSource(LinkOptions.OpeningMax, time);
        await using var _ = timeout.Token.Register(within.Cancel);
        var channel = NewChannel(node.Address);
        try
        {
            return await OpenAsync(channel, node, mine, isProbe, within.Token);
        }
        catch (LinkRefusedException)
        {
            channel.Dispose();
            throw;
        }
        catch (Exception e) when (LinkErrors.IsEnd(e))
        {
            channel.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new IOException(
                timeout.IsCancellationRequested
                    ? $"{node.Name} at {node.Address} does not answer within {LinkOptions.OpeningMax.TotalSeconds} s."
                    : $"{node.Name} at {node.Address} cannot be called: {LinkErrors.Text(e)}",
                e);
        }
    }

    private async Task<(LinkHello Peer, LinkStreams Streams)> OpenAsync(
        GrpcChannel channel, NodeEntry node, LinkHello mine, bool isProbe, CancellationToken cancellationToken)
    {
        var call = new NodeLinks.NodeLinksClient(channel).Call(cancellationToken: stoppingToken);
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
                isProbe,
                LinkSecret.Read(options.SecretFile),
                opening => streams.WriteAsync(opening, cancellationToken),
                () => streams.ReadAsync(cancellationToken));
            return (peer, streams);
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
        if (options.Tls is { } files) handler.SslOptions = LinkTls.ClientOptions(files);
        return GrpcChannel.ForAddress($"{(options.Tls is null ? "http" : "https")}://{address}", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = LinkOptions.FrameBytesMax + LinkListener.EnvelopeBytesMax,
            MaxSendMessageSize = LinkOptions.FrameBytesMax + LinkListener.EnvelopeBytesMax,
            MaxRetryAttempts = 1,
            ThrowOperationCanceledOnCancellation = true,
        });
    }
}
