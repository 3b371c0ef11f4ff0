using LiveChat.Tests.Server;
using Microsoft.AspNetCore.Http;

namespace LiveChat.EndToEnd.WebChat;

/// <summary>Serves <c>samples/WebChat</c> as it is on an origin of its own, but for the address of the server.
/// </summary>
internal sealed class SamplePages : IAsyncDisposable
{
    private const string AddressInTheSample = "127.0.0.1:8080";

    private static readonly Dictionary<string, string> Types = new()
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript",
        [".css"] = "text/css",
    };

    private readonly Dictionary<string, string> _files;
    private readonly LoopbackServer _server;

    public SamplePages(Uri server)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "WebChat");
        _files = Directory.EnumerateFiles(folder).Where(static file => Types.ContainsKey(Path.GetExtension(file)))
            .ToDictionary(
                static file => "/" + Path.GetFileName(file),
                file => File.ReadAllText(file).Replace(AddressInTheSample, server.Authority, StringComparison.Ordinal));
        _server = new LoopbackServer(AnswerAsync);
    }

    public string Origin => _server.Origin;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (!_files.TryGetValue(path, out var text))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        context.Response.ContentType = Types[Path.GetExtension(path)];
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
