using LiveChat.Core.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace LiveChat.Server.Hosting;

/// <summary>
/// What operators and their machines ask, on a port of its own that is never the public one: a host of its own too, so
/// that no header and no route can lead from one to the other.
/// <list type="bullet">
/// <item><c>/livez</c>: the process runs.</item>
/// <item><c>/readyz</c>: it takes new sessions; 503 while it goes away or after it failed.</item>
/// <item><c>/metrics</c>: everything that is measured, as Prometheus reads it.</item>
/// </list>
/// </summary>
internal static class InternalServer
{
    private static readonly string[] Meters =
    [
        "LiveChat.Core", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel",
        "Microsoft.AspNetCore.MemoryPool", "System.Runtime",
    ];

    /// <summary>Not started yet; null when there is no internal address.</summary>
    public static WebApplication? Build(Node node, string address, ILoggerFactory loggers)
    {
        if (address.Length == 0) return null;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddOpenTelemetry().WithMetrics(
            static metrics => metrics.AddMeter(Meters).AddPrometheusExporter());
        builder.WebHost.UseUrls(address);
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);

        var app = builder.Build();
        app.MapGet("/livez", static context => context.Response.WriteAsync("ok\n"));
        app.MapGet("/readyz", context => WriteReadyAsync(context, node));
        app.MapPrometheusScrapingEndpoint();
        return app;
    }

    private static Task WriteReadyAsync(HttpContext context, Node node)
    {
        var reason = node.Completion.IsCompleted ? "failed" : node.IsDraining ? "draining" : null;
        if (reason is not null) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsync($"{reason ?? "ok"}\n");
    }
}
