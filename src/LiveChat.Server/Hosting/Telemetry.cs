using System.Diagnostics.Metrics;
using LiveChat.Core.Measuring;
using LiveChat.Core.Nodes;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace LiveChat.Server.Hosting;

/// <summary>
/// Sends measurements and traces to a collector, by OTLP. A collector that is away costs nothing but what it misses:
/// exports run on threads of their own, with a bounded queue and a time-out, and no request waits for them.
/// </summary>
internal sealed class Telemetry : IDisposable
{
    private const int TimeoutMs = 10_000;

    private static readonly string[] Meters =
    [
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel",
        "Microsoft.AspNetCore.MemoryPool", "System.Runtime", "LiveChat.Cql",
    ];

    private readonly MeterProvider _metrics;
    private readonly TracerProvider? _traces;

    private Telemetry(MeterProvider metrics, TracerProvider? traces) => (_metrics, _traces) = (metrics, traces);

    /// <summary>Begins to send; null when no collector is named.</summary>
    /// <param name="options">The collector.</param>
    /// <param name="meter">What this server measures.</param>
    /// <param name="instance">The name of this server.</param>
    /// <param name="isOwnHost">Whether a host that measures is this server's.</param>
    /// <exception cref="IOException">The headers cannot be read.</exception>
    public static Telemetry? Begin(
        TelemetryOptions options, Meter meter, string instance, Func<object, bool> isOwnHost)
    {
        if (options.Endpoint.Length == 0) return null;
        var headers = ReadHeaders(options.HeadersFile);
        var metrics = Observe(Sdk.CreateMeterProviderBuilder(), meter, isOwnHost)
            .ConfigureResource(resource => Name(resource, instance))
            .AddOtlpExporter((exporter, reader) =>
            {
                Direct(exporter, options, headers, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = options.MetricSeconds * 1_000;
                reader.PeriodicExportingMetricReaderOptions.ExportTimeoutMilliseconds = TimeoutMs;
            })
            .Build();
        var traces = options.TraceOneIn == 0 ? null : Sdk.CreateTracerProviderBuilder()
            .AddSource(MessageTraces.Name)
            .SetSampler(new AlwaysOnSampler()) // What is traced, the messages' ids have decided.
            .ConfigureResource(resource => Name(resource, instance))
            .AddOtlpExporter(exporter => Direct(exporter, options, headers, "v1/traces"))
            .Build();
        return new Telemetry(metrics, traces);
    }

    /// <summary>Takes everything that this server measures, and nothing of another server of the process.</summary>
    public static MeterProviderBuilder Observe(
        MeterProviderBuilder builder, Meter meter, Func<object, bool> isOwnHost) => builder
        .AddMeter(Meters)
        .AddMeter(meter.Name)
        .AddView(instrument =>
            IsOfAnother(instrument.Meter, meter, isOwnHost) ? MetricStreamConfiguration.Drop : null);

    /// <summary>Sends what is left, for at most 10 s.</summary>
    public void Dispose()
    {
        _traces?.Dispose();
        _metrics.Dispose();
    }

    /// <summary>Whether another server of this process measures it. Its end would end what is measured here under the
    /// same name.</summary>
    private static bool IsOfAnother(Meter measuring, Meter own, Func<object, bool> isOwnHost) =>
        measuring.Name == own.Name ? measuring != own : measuring.Scope is { } host && !isOwnHost(host);

    private static void Name(ResourceBuilder resource, string instance) => resource.AddService(
        "livechat", serviceVersion: BuildMark.Version, serviceInstanceId: instance);

    private static void Direct(OtlpExporterOptions exporter, TelemetryOptions options, string headers, string path)
    {
        var isHttp = options.Protocol is TelemetryProtocol.HttpProtobuf;
        exporter.Protocol = isHttp ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        exporter.Endpoint = isHttp
            ? new Uri(new Uri($"{options.Endpoint.TrimEnd('/')}/"), path)
            : new Uri(options.Endpoint);
        exporter.Headers = headers;
        exporter.TimeoutMilliseconds = TimeoutMs;
    }

    private static string ReadHeaders(string file) => file.Length == 0
        ? ""
        : string.Join(
            ',', File.ReadLines(file).Select(static line => line.Trim()).Where(static line => line.Length > 0));
}
