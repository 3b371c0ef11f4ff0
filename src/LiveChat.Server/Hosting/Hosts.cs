using System.Text;
using LiveChat.Protocol;
using LiveChat.Server.Gateway;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace LiveChat.Server.Hosting;

/// <summary>What both hosts begin with.</summary>
internal static class Hosts
{
    /// <summary>
    /// Whatever the machine's environment says: in what ASP.NET Core calls development it would answer a failed
    /// request with the exception, its stack and the headers. Ours is an option of its own.
    /// </summary>
    private static readonly WebApplicationOptions Plain = new() { EnvironmentName = Environments.Production };

    private static readonly DigitsOnly Digits = new();

    /// <summary>A host that listens at the address, says nothing of itself and takes no larger body than a frame.
    /// </summary>
    public static WebApplicationBuilder NewBuilder(string address, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateSlimBuilder(Plain);
        // Everything is in the options; the default sources would be watched for changes.
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection();
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseUrls(address);
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;

            // No header of ours is anything but ASCII. Kestrel's own UTF-8 would refuse other bytes before anybody
            // could say why; this takes them, and what they stand in is refused with a problem.
            kestrel.RequestHeaderEncodingSelector = static name =>
                name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) ? Digits : Encoding.Latin1;
            kestrel.Limits.MaxRequestBodySize = Limits.FrameBytesMax;
        });
        return builder;
    }
}
