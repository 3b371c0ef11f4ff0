using System.ComponentModel.DataAnnotations;

namespace LiveChat.Server.Hosting;

/// <summary>Where measurements and traces are sent by themselves, besides <c>/metrics</c> (docs/ops/metrics.md).
/// </summary>
internal sealed class TelemetryOptions
{
    /// <summary>Where a collector takes OTLP, as <c>http://127.0.0.1:4317</c>; empty: nothing is sent.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary><c>Grpc</c>, or <c>HttpProtobuf</c>: then <c>/v1/metrics</c> and <c>/v1/traces</c> below the endpoint.
    /// </summary>
    [EnumDataType(typeof(TelemetryProtocol))]
    public TelemetryProtocol Protocol { get; set; } = TelemetryProtocol.Grpc;

    /// <summary>A file with headers that the collector asks for, <c>name=value</c> a line; empty: none.</summary>
    public string HeadersFile { get; set; } = "";

    /// <summary>Seconds between two exports of the measurements.</summary>
    [Range(1, 3_600)]
    public int MetricSeconds { get; set; } = 15;

    /// <summary>One of so many messages is traced; 0: none.</summary>
    [Range(0, 1_000_000)]
    public int TraceOneIn { get; set; } = 100;

    /// <summary>The messages that are traced; without a collector none.</summary>
    public int ToTraces() => Endpoint.Length == 0 ? 0 : TraceOneIn;
}
