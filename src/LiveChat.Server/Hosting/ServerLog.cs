using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>What is logged, and how: dates in UTC, no scopes, and of the libraries what our own lines do not say.
/// </summary>
internal static class ServerLog
{
    private const string TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";

    public static void Configure(ILoggingBuilder logging, LogOptions options)
    {
        logging.SetMinimumLevel(options.Level)
            .AddFilter("Microsoft", options.Level > LogLevel.Warning ? options.Level : LogLevel.Warning)

            // It says nothing above Information, and for being enabled at all it keeps an activity and a scope for as
            // long as a request lasts, which for a WebSocket is as long as the session.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)

            // What it says of a failed request is said by ApiFailures, with less of the request.
            .AddFilter("Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware", LogLevel.None)

            // It repeats what came, and nobody reads it above Debug.
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel.BadRequests", LogLevel.None)

            // What it says of a failed start is said in one sentence by ServerProcess.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
            .Services.AddSingleton<IExternalScopeProvider>(NoScopes.Shared);
        if (options.Format == LogFormat.Json)
        {
            logging.AddJsonConsole(static console =>
            {
                console.TimestampFormat = TimestampFormat.TrimEnd();
                console.UseUtcTimestamp = true;
            });
            return;
        }

        logging.AddSimpleConsole(static console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = TimestampFormat;
            console.UseUtcTimestamp = true;
        });
    }
}
