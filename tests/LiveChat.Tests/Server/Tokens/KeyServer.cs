using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LiveChat.Tests.Server.Tokens;

/// <summary>A real HTTP server on a loopback port that answers every request with one document.</summary>
internal sealed class KeyServer : IAsyncDisposable
{
    /// <summary>How long a stop waits for clients that keep their connection.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);

    private readonly WebApplication _server;
    private int _requests;

    public KeyServer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = StopTimeout);
        _server = builder.Build();
        _server.Run(AnswerAsync);
        _server.Start();
        Url = $"{_server.Urls.Single()}/";
    }

    public string Url { get; }

    public int Requests => Volatile.Read(ref _requests);

    public string Document { get; set; } = """{"keys":[]}""";

    public string ContentType { get; set; } = "application/json";

    public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

    /// <summary>What every answer waits for.</summary>
    public Task Held { get; set; } = Task.CompletedTask;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        await Held.WaitAsync(context.RequestAborted);
        context.Response.StatusCode = (int)Status;
        context.Response.ContentType = ContentType;
        await context.Response.WriteAsync(Document, context.RequestAborted);
    }
}
