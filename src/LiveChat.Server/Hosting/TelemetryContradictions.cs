using Microsoft.Extensions.Configuration;

namespace LiveChat.Server.Hosting;

/// <summary>Options of the telemetry that say nothing alone, or cannot be used.</summary>
internal static class TelemetryContradictions
{
    private const string Telemetry = $"{ServerOptions.Section}:{nameof(ServerOptions.Telemetry)}";

    /// <summary>What is wrong, with what to do; null when nothing is.</summary>
    /// <param name="section">What is configured.</param>
    /// <param name="options">What was made of it.</param>
    public static string? Find(IConfiguration section, ServerOptions options)
    {
        var endpoint = options.Telemetry.Endpoint;
        if (endpoint.Length == 0)
            return section.GetSection(nameof(ServerOptions.Telemetry)).GetChildren()
                .Where(static given => given.Value is { Length: > 0 })
                .Select(static given =>
                    $"{given.Path} is set and {Telemetry}:Endpoint is not: set it, or leave it out.")
                .FirstOrDefault();
        return Uri.TryCreate(endpoint, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? null
            : $"{Telemetry}:Endpoint is {endpoint}: write an address such as http://127.0.0.1:4317.";
    }
}
