using System.Diagnostics.Metrics;
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
    private readonly ILogger<GrpcLinks> _logger;
    private readonly LinkCaller _caller;
    private readonly LinkCounters _counters;
    private readonly SemaphoreSlim _openings = new(LinkOptions.OpeningsMax);
    private readonly CancellationTokenSource _stop = new();
    private readonly LinkService _service;
    private readonly LinkListener _listener;

    private GrpcLinks(LinkOptions options, LinkListener listener, LinkService service, LinkCounters counters,
        TimeProvider time, ILogger<GrpcLinks> logger)
    {
        (_listener, _service, _counters, _logger) = (listener, service, counters, logger);
        _caller = new LinkCaller(options, counters, time, _stop.Token);
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
        using var within = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        await _openings.WaitAsync(within.Token);
        try
        {
            return await _caller.CallAsync(node, mine, within.Token);
        }
        catch (LinkRefusedException)
        {
            _counters.RefusedCall();
            throw; // Who called logs it.
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

    /// <exception cref="InvalidDataException">The secret or a certificate cannot be used.</exception>
    internal static void Check(LinkOptions options)
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
