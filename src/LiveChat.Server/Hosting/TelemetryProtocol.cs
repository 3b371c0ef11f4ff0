namespace LiveChat.Server.Hosting;

/// <summary>How OTLP is spoken.</summary>
internal enum TelemetryProtocol
{
    /// <summary>gRPC, as a collector takes it at port 4317.</summary>
    Grpc = 0,

    /// <summary>Protobuf over HTTP/1.1, as a collector takes it at port 4318.</summary>
    HttpProtobuf = 1,
}
