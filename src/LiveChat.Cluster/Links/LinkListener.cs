using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Links;

/// <summary>The port for the links of other nodes: a host of its own, so that nothing leads from a public port here.
/// It speaks HTTP/2 and nothing else, and bounds what Kestrel leaves open.</summary>
internal sealed class LinkListener : IAsyncDisposable
{
    /// <summary>Bytes of a message around its frame, at most.</summary>
    public const int EnvelopeBytesMax = 1_024;

    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(2);

    private readonly WebApplication _app;

    private LinkListener(WebApplication app, int port) => (_app, Port) = (app, port);

    public int Port { get; }

    /// <exception cref="InvalidDataException">The address is none.</exception>
    /// <exception cref="IOException">The address is taken.</exception>
    public static async Task<LinkListener> StartAsync(
        LinkOptions options, LinkService service, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(service);
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = StopMax);
        builder.Services.AddGrpc(static grpc =>
        {
            grpc.MaxReceiveMessageSize = LinkOptions.FrameBytesMax + EnvelopeBytesMax;
            grpc.MaxSendMessageSize = LinkOptions.FrameBytesMax + EnvelopeBytesMax;
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            Bound(kestrel);
            Bind(kestrel, options);
        });
        var app = builder.Build();
        app.MapGrpcService<LinkService>();
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return new LinkListener(app, new Uri(addresses.First()).Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    /// <summary>The endpoints of <c>host:port</c>: an address, <c>localhost</c>, or <c>*</c> for all.</summary>
    private static void Bind(KestrelServerOptions kestrel, LinkOptions options)
    {
        var colon = options.Listen.LastIndexOf(':');
        if (colon <= 0 || !ushort.TryParse(options.Listen.AsSpan(colon + 1), out var port))
            throw new InvalidDataException($"LiveChat:Links:Listen is {options.Listen}: write host:port.");
        var host = options.Listen[..colon];
        if (IPEndPoint.TryParse(options.Listen, out var endPoint)) kestrel.Listen(endPoint, Configure);
        else if (host == "localhost") kestrel.Listen(IPAddress.Loopback, port, Configure);
        else if (host is "*" or "+") kestrel.ListenAnyIP(port, Configure);
        else
            throw new InvalidDataException(
                $"LiveChat:Links:Listen is {options.Listen}: write an address of this machine, or * for all of them.");

        void Configure(ListenOptions listen)
        {
            listen.Protocols = HttpProtocols.Http2;
            if (options.Tls is { } files)
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ => ValueTask.FromResult(LinkTls.ServerOptions(files)),
                    HandshakeTimeout = LinkOptions.OpeningMax,
                });
        }
    }

    private static void Bound(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = LinkOptions.ConnectionsMax;
        limits.RequestHeadersTimeout = LinkOptions.OpeningMax;
        limits.Http2.MaxStreamsPerConnection = 1;
        limits.Http2.KeepAlivePingDelay = LinkOptions.KeepAliveDelay;
        limits.Http2.KeepAlivePingTimeout = LinkOptions.KeepAliveTimeout;

        // A call lasts as long as both nodes do, and may be silent.
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
    }
}
