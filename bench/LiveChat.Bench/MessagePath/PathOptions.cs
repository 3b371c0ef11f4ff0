using LiveChat.Server.Hosting;

namespace LiveChat.Bench.MessagePath;

/// <summary>How much goes through the path.</summary>
/// <param name="Seconds">How long it is measured.</param>
/// <param name="Chats">Direct chats.</param>
/// <param name="Partitions">Partitions of the log.</param>
/// <param name="Window">Messages in flight in each chat.</param>
/// <param name="TextBytes">Bytes of each text.</param>
/// <param name="Folder">Where the data folder is made, and deleted afterwards.</param>
/// <param name="Telemetry">Where measurements and traces go; null: nobody hears them.</param>
/// <param name="Brokers">One broker or more of Kafka for the log, which lies in the data folder otherwise.</param>
internal sealed record PathOptions(
    int Seconds = 60,
    int Chats = 1_000,
    int Partitions = 16,
    int Window = 16,
    int TextBytes = 100,
    string Folder = ".",
    TelemetryOptions? Telemetry = null,
    string? Brokers = null);
