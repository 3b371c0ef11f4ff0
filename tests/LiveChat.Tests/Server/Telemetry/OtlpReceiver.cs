using System.Buffers.Binary;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace LiveChat.Tests.Server.Telemetry;

/// <summary>A collector: takes OTLP on a loopback port, by gRPC or by HTTP, and keeps what came. Any thread.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private const int GrpcHeaderBytes = 5;

    private readonly WebApplication _server;
    private readonly bool _isGrpc;

    private OtlpReceiver(bool isGrpc)
    {
        _isGrpc = isGrpc;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(
            endpoint => endpoint.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        _server = builder.Build();
        _server.Run(TakeAsync);
    }

    public string Endpoint => _server.Urls.Single();

    public ConcurrentQueue<OtlpSpan> Spans { get; } = new();

    public ConcurrentQueue<OtlpMetric> Metrics { get; } = new();

    /// <summary>What came of the resource, <c>name=value</c>.</summary>
    public ConcurrentDictionary<string, byte> Resource { get; } = new();

    /// <summary>The values of the header <c>x-key</c>.</summary>
    public ConcurrentDictionary<string, byte> Keys { get; } = new();

    /// <summary>Everything that came, as it came.</summary>
    public ConcurrentQueue<byte[]> Bytes { get; } = new();

    public static async Task<OtlpReceiver> StartAsync(bool isGrpc)
    {
        var receiver = new OtlpReceiver(isGrpc);
        await receiver._server.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var bytes = body.ToArray();
        Bytes.Enqueue(bytes);
        if (context.Request.Headers["x-key"] is { Count: 1 } key) Keys[key.ToString()] = 0;
        Keep(context.Request.Path, _isGrpc ? MessageOf(bytes) : bytes);
        if (!_isGrpc)
        {
            context.Response.ContentType = "application/x-protobuf";
            return;
        }

        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[GrpcHeaderBytes], context.RequestAborted);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private static byte[] MessageOf(byte[] frame) =>
        frame[GrpcHeaderBytes..(GrpcHeaderBytes + BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(1)))];

    private void Keep(string path, byte[] bytes)
    {
        if (path is "/v1/traces" or "/opentelemetry.proto.collector.trace.v1.TraceService/Export")
            foreach (var resource in OtlpTraces.Parser.ParseFrom(bytes).Resources)
            {
                Keep(resource.Resource);
                foreach (var span in resource.Scopes.SelectMany(static scope => scope.Spans)) Spans.Enqueue(span);
            }
        else if (path is "/v1/metrics" or "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export")
            foreach (var resource in OtlpMetrics.Parser.ParseFrom(bytes).Resources)
            {
                Keep(resource.Resource);
                foreach (var metric in resource.Scopes.SelectMany(static scope => scope.Metrics))
                    Metrics.Enqueue(metric);
            }
        else
            throw new InvalidOperationException($"Nothing is sent to {path}.");
    }

    private void Keep(OtlpResource resource)
    {
        foreach (var pair in resource.Attributes) Resource[$"{pair.Key}={pair.Value.Text}"] = 0;
    }
}
