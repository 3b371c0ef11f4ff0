using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveChat.Tests.Server;

/// <summary>A real HTTP server on a free loopback port, for what tests need beside ours: keys, pages.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    /// <summary>How long a stop waits for clients that keep their connection.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);

    private readonly WebApplication _server;

    /// <param name="answer">Called for every request, for several at a time.</param>
    public LoopbackServer(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = StopTimeout);
        _server = builder.Build();
        _server.Run(answer);
        _server.Start();
        Origin = _server.Urls.Single();
    }

    /// <summary>Its address, without a slash at the end.</summary>
    public string Origin { get; }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
