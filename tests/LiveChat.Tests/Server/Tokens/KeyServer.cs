using System.Net;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Tests.Server.Tokens;

/// <summary>Answers every request with one document.</summary>
internal sealed class KeyServer : IAsyncDisposable
{
    private readonly LoopbackServer _server;
    private int _requests;

    public KeyServer() => _server = new LoopbackServer(AnswerAsync);

    public string Url => $"{_server.Origin}/";

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
