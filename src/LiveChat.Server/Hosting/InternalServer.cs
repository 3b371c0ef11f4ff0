using System.Diagnostics.Metrics;
using LiveChat.Core.Nodes;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Api;
using LiveChat.Server.Backend;
using LiveChat.Server.Gateway;
using LiveChat.Server.Http;
using LiveChat.Server.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace LiveChat.Server.Hosting;

/// <summary>
/// What operators and their machines ask, on a port of its own that is never the public one: a host of its own too, so
/// that no header and no route can lead from one to the other.
/// <list type="bullet">
/// <item><c>/livez</c>: the process runs.</item>
/// <item><c>/readyz</c>: it takes new sessions, or is no gateway; 503 while a gateway among several nodes does not know
/// yet where it is in the log, while it goes away, and after it failed. A line more for each state in which it refuses
/// something.</item>
/// <item><c>/metrics</c>: everything that is measured, as Prometheus reads it.</item>
/// <item><c>/v1/keys</c>, <c>/v1/status</c>, <c>/v1/checkpoint</c>, <c>/v1/users</c>: the server keys, the cluster, a
/// copy for a backup, and the erasure of a user, with a token of the operator.</item>
/// </list>
/// </summary>
internal static class InternalServer
{
    /// <summary>It stops last, and waits for nobody for longer.</summary>
    private static readonly TimeSpan CutAfter = TimeSpan.FromSeconds(1);

    /// <summary>Not started yet; null when there is no internal address.</summary>
    public static WebApplication? Build(
        BackendServices services,
        Meter meter,
        IMeterFactory gateway,
        JwtTokens operators,
        string address,
        ILoggerFactory loggers)
    {
        if (address.Length == 0) return null;
        var builder = Hosts.NewBuilder(address, loggers);
        IMeterFactory? own = null;
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = CutAfter);
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => Telemetry
            .Observe(metrics, meter, host => host == gateway || host == own)
            // Each answer is of now: nobody but operators asks.
            .AddPrometheusExporter(static options => options.ScrapeResponseCacheDurationMilliseconds = 0));
        var app = builder.Build();
        own = app.Services.GetRequiredService<IMeterFactory>();
        FrontDoor.Use(app);
        new ApiFailures(loggers.CreateLogger<ApiFailures>()).Use(app);
        app.UseStatusCodePages(ApiEndpoints.RefuseAsync);
        app.MapGet("/livez", static context => context.Response.WriteAsync("ok\n"));
        app.MapGet("/readyz", context => WriteReadyAsync(context, services.Node));
        app.MapPrometheusScrapingEndpoint();
        new BackendEndpoints(
            services, context => OperatorAsync(context, operators), loggers.CreateLogger<BackendEndpoints>())
            .Map(app, OperatorRoutes.All);
        return app;
    }

    private static async ValueTask<(string? Caller, Problem? Problem)> OperatorAsync(
        HttpContext context, JwtTokens operators)
    {
        var isOperator = Credentials.TokenOf(context.Request) is { } token
            && await operators.VerifyAsync(token, context.RequestAborted) is { Status: TokenStatus.Valid };
        return isOperator ? ("The operator", null) : (null, Problems.Of(ErrorCode.Unauthorized));
    }

    private static Task WriteReadyAsync(HttpContext context, Node node)
    {
        var reason = node.Completion.IsCompleted ? "failed"
            : node.IsDraining ? "draining"
            : node.IsStarting ? "starting"
            : null;
        if (reason is not null) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        var lines = node.States.Current.Select(static state => $"{state.Name}: {state.Reason}\n");
        return context.Response.WriteAsync($"{reason ?? "ok"}\n{string.Concat(lines)}");
    }
}
