using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using LiveChat.Cluster.Log;
using LiveChat.Cluster.Store;
using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Embedded;
using LiveChat.Embedded.Disk;
using LiveChat.Server.Api;
using LiveChat.Server.Backend;
using LiveChat.Server.Gateway;
using LiveChat.Server.Http;
using LiveChat.Server.OpenApi;
using LiveChat.Server.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>The server from its arguments to its exit code.</summary>
internal static partial class ServerProcess
{
    private const int Stopped = 0;
    private const int Failed = 1;
    private const int CannotStart = 2;

    private const int SendBufferBytes = 64 * 1024;

    /// <summary>How long after the drain window connections are cut: the rest of the 5 s is for the stores.</summary>
    private static readonly TimeSpan CutAfterWindow = TimeSpan.FromSeconds(2);

    /// <param name="args">The options.</param>
    /// <param name="output">Where the banner goes.</param>
    /// <param name="errors">Where the sentence goes that says why it ended.</param>
    /// <param name="ready">Called with the address when the server listens.</param>
    /// <param name="cancellationToken">Stops the server.</param>
    public static Task<int> RunAsync(
        string[] args,
        TextWriter output,
        TextWriter errors,
        Action<Uri> ready,
        CancellationToken cancellationToken) =>
        RunAsync(args, output, errors, ready, new ServerSeams(), cancellationToken);

    public static async Task<int> RunAsync(
        string[] args,
        TextWriter output,
        TextWriter errors,
        Action<Uri> ready,
        ServerSeams seams,
        CancellationToken cancellationToken)
    {
        var isStarted = false;
        try
        {
            var options = ServerConfiguration.Read(args);
            var counts = new LogCounts();
            using var loggers = LoggerFactory.Create(logging =>
            {
                ServerLog.Configure(logging, options.Log);
                logging.AddProvider(counts);
                seams.Logging(logging);
            });
            await using var store = await ServerStore.OpenAsync(
                options, TimeProvider.System, loggers, cancellationToken);
            counts.Observe(store.Ports.Meter);
            NodeMark.Observe(store.Ports.Meter, TimeProvider.System);
            foreach (var (path, mode) in OpenToOthers.Find(store.Path, options.Tokens))
                LogOpenToOthers(loggers.CreateLogger(nameof(ServerProcess)), path, mode);
            return await RunAsync(store, options, seams, loggers, output, errors, NoteReady, cancellationToken);
        }
        catch (Exception unclosed) when (isStarted)
        {
            await errors.WriteLineAsync($"livechat could not close its data: {unclosed.Message}");
            return Failed;
        }
        catch (Exception refused) when (refused is DataFolderException or InvalidDataException or IOException
            or UnauthorizedAccessException or FormatException or InvalidOperationException or KafkaLogException
            or CassandraRefusedException or NodeNameInUseException or NodeRegistryException
            or RulesUnknownException)
        {
            await errors.WriteLineAsync($"livechat cannot start: {refused.Message}");
            return CannotStart;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return Stopped; // While it waited for the brokers, or for Cassandra.
        }
        catch (Exception damaged) when (damaged is LogFailedException or DataDamagedException)
        {
            await errors.WriteLineAsync($"livechat cannot start: {damaged.Message}");
            return Failed;
        }

        void NoteReady(Uri url)
        {
            isStarted = true;
            ready(url);
        }
    }

    private static async Task<int> RunAsync(
        ServerStore store,
        ServerOptions options,
        ServerSeams seams,
        ILoggerFactory loggers,
        TextWriter output,
        TextWriter errors,
        Action<Uri> ready,
        CancellationToken cancellationToken)
    {
        var gate = new AddressGate(
            options.Connections, store.Ports.Meter, TimeProvider.System, loggers.CreateLogger<AddressGate>());
        var routes = new RouteWatch(gate, options.Links.Listen.Length > 0, TimeProvider.System);
        var ports = seams.Ports(store.Ports with { States = StatesOf(store, options, routes) });
        await using var node = new Node(ports, options.ToNode(), TimeProvider.System, SeededChance(), loggers);
        var services = new BackendServices(
            node,
            ports.Identities.Users,
            new ServerKeys(ports.Identities.Keys, TimeProvider.System),
            store.OwnTokens,
            TimeProvider.System)
        {
            TakeCheckpoint = store.TakeCheckpoint,
            LogKeeps = options.Trim.Retention + options.Trim.Period,
        };
        await using var app = Build(services, store, options, new Doors(gate, routes), loggers);
        var meters = app.Services.GetRequiredService<IMeterFactory>();
        await using var inner = InternalServer.Build(
            services, store.Ports.Meter, meters, store.OperatorTokens, options.Internal, loggers);
        using var telemetry = Telemetry.Begin(
            options.Telemetry, store.Ports.Meter, NodePlace.NameOf(options, store.Path), host => host == meters);
        var service = app.Services.GetRequiredService<NodeService>();
        var systemd = SystemdNotifier.OfProcess(loggers);
        app.Lifetime.ApplicationStopping.Register(systemd.SayStopping);
        if (inner is not null) await inner.StartAsync(cancellationToken);
        try
        {
            await app.StartAsync(cancellationToken);
            var url = new Uri(app.Urls.First());
            Banner.Write(
                options.Log.Format == LogFormat.Json ? errors : output,
                store,
                url,
                inner?.Urls.First(),
                options.Development);
            if (options.Development)
                LogDevelopment(loggers.CreateLogger(nameof(ServerProcess)), DevelopmentTokens.Path);
            ready(url);
            systemd.SayReady(url);
            await app.WaitForShutdownAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (service.Failure is not null)
        {
            // The node failed while the gateway started.
        }

        if (inner is not null) await inner.StopAsync(CancellationToken.None);
        if (service.Failure is not { } failure) return Stopped;
        await errors.WriteLineAsync($"livechat stopped: {failure.Message}");
        return Failed;
    }

    private static Random SeededChance() => new(RandomNumberGenerator.GetInt32(int.MaxValue));

    /// <summary>What all sessions come through.</summary>
    private sealed record Doors(AddressGate Gate, RouteWatch Routes);

    /// <summary>Those of the stores, and that of the proxy where there are several nodes.</summary>
    private static IReadOnlyList<RefusingState> StatesOf(
        ServerStore store, ServerOptions options, RouteWatch routes) =>
        options.Links.Listen.Length > 0 ? [.. store.Ports.States, routes.State] : store.Ports.States;

    private static WebApplication Build(
        BackendServices services, ServerStore store, ServerOptions options, Doors doors, ILoggerFactory loggers)
    {
        var node = services.Node;
        var builder = Hosts.NewBuilder(options.Listen, loggers);
        builder.Services.AddSingleton(provider => new NodeService(
            node,
            store.Failed,
            provider.GetRequiredService<IHostApplicationLifetime>(),
            loggers.CreateLogger<NodeService>()));
        builder.Services.AddHostedService(static provider => provider.GetRequiredService<NodeService>());
        builder.Services.AddHostedService(static _ => new IdleCollector(TimeProvider.System));
        builder.Services.AddSingleton(node.Measures);
        builder.Services.AddSingleton(
            _ => new HttpSessions(TimeProvider.System, loggers.CreateLogger<HttpSessions>()));
        var window = TimeSpan.FromSeconds(options.DrainSeconds);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = window + CutAfterWindow);
        builder.WebHost.ConfigureKestrel(kestrel => Harden(kestrel, options, doors.Gate));
        builder.WebHost.UseSockets(static sockets => sockets.CreateBoundListenSocket = Listen);

        var app = builder.Build();
        var origins = new OriginPolicy([.. options.Origins])
        {
            Refused = new RefusedOrigins(loggers.CreateLogger<RefusedOrigins>(), TimeProvider.System),
        };
        FrontDoor.Use(app, new CrossOrigin(origins));

        // Not for what lasts as long as a connection, which would keep the middleware's state for as long.
        app.UseWhen(
            static context => !RealtimeEndpoint.IsAsked(context.Request),
            rest =>
            {
                new ApiFailures(loggers.CreateLogger<ApiFailures>()).Use(rest);
                rest.UseStatusCodePages(ApiEndpoints.RefuseAsync);
            });
        if (options.Node.Roles.HasFlag(NodeRoles.Gateway))
            MapUsers(app, services, store, options, loggers, origins, doors);
        return app;
    }

    /// <summary>What users and backends ask of a node with the role of a gateway; any other answers 404.</summary>
    private static void MapUsers(
        WebApplication app, BackendServices services, ServerStore store, ServerOptions options, ILoggerFactory loggers,
        OriginPolicy origins, Doors doors)
    {
        var node = services.Node;
        var rate = new OpeningRate(options.Connections, store.Ports.Meter, TimeProvider.System);
        var realtime = new RealtimeEndpoint(
            node, origins, doors.Gate, doors.Routes, rate, TimeProvider.System);
        app.MapGet(RealtimeEndpoint.Path, realtime.HandleAsync);
        var sessions = app.Services.GetRequiredService<HttpSessions>();
        new HttpTransport(node, sessions, origins, doors.Gate, doors.Routes, rate, TimeProvider.System).Map(app);
        TransportMetrics.Observe(store.Ports.Meter, node, sessions);
        WelcomePage.Map(app, options.Development);
        if (options.Development)
        {
            ApiPage.Use(app);
            app.MapPost(
                DevelopmentTokens.Path,
                new DevelopmentTokens(store.OwnTokens!, origins, [.. options.DevelopmentHosts], TimeProvider.System)
                    .HandleAsync);
        }

        var authentication = new ApiAuthentication(node, services.Keys, loggers.CreateLogger<ApiAuthentication>());
        new ApiEndpoints(node, authentication, options.ToFeatures(), TimeProvider.System).Map(app);
        OpenApiDocument.Map(app);
        new BackendEndpoints(services, authentication.ServerKeyAsync, loggers.CreateLogger<BackendEndpoints>())
            .Map(app, BackendRoutes.All);
    }

    /// <summary>What Kestrel leaves open by default: how many, how slow, how large.</summary>
    private static void Harden(KestrelServerOptions kestrel, ServerOptions options, AddressGate gate)
    {
        kestrel.ConfigureEndpointDefaults(
            endpoint => endpoint.Use(next => connection => gate.OnConnectionAsync(next, connection)));
        kestrel.Limits.MaxConcurrentUpgradedConnections = options.Sessions.ConnectionsMax;
        kestrel.Limits.MaxConcurrentConnections = options.Sessions.ConnectionsMax + 1_000L;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
    }

    /// <summary>
    /// The kernel keeps what a peer does not read, by itself up to 4 MB a connection. Accepted sockets inherit this
    /// bound, which is a megabyte a second at 100 ms; behind it come 64 KB in Kestrel, then the outbox.
    /// </summary>
    private static Socket Listen(EndPoint endpoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        socket.SendBufferSize = SendBufferBytes;
        return socket;
    }

    [LoggerMessage(8030, LogLevel.Warning, "Others on this machine can get at {Path}: chmod {Mode} it.")]
    private static partial void LogOpenToOthers(ILogger logger, string path, string mode);

    [LoggerMessage(8012, LogLevel.Warning, "DEVELOPMENT MODE: {Path} gives anybody a token for any user.")]
    private static partial void LogDevelopment(ILogger logger, string path);
}
