using System.Net;
using System.Text;
using LiveChat.EndToEnd.Crash;

namespace LiveChat.EndToEnd.WebChat;

/// <summary>
/// Serves <c>samples/WebChat</c> as it is on an origin of its own, but for the address of the server. One loop answers
/// requests one after the other.
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

    private readonly HttpListener _listener = new();
    private readonly Task _loop;

    public SamplePages(Uri server)
    {
        Origin = CrashServer.FreeEndpoint().GetLeftPart(UriPartial.Authority);
        _listener.Prefixes.Add($"{Origin}/");
        _listener.Start();
        var folder = Path.Combine(AppContext.BaseDirectory, "WebChat");
        var files = Directory.EnumerateFiles(folder).Where(static file => Types.ContainsKey(Path.GetExtension(file)))
            .ToDictionary(
                static file => "/" + Path.GetFileName(file),
                file => File.ReadAllText(file).Replace(AddressInTheSample, server.Authority, StringComparison.Ordinal));
        _loop = LoopAsync(files);
    }

    public string Origin { get; }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _loop;
    }

    private async Task LoopAsync(Dictionary<string, string> files)
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                var path = context.Request.Url!.AbsolutePath;
                if (files.TryGetValue(path, out var text))
                {
                    context.Response.ContentType = Types[Path.GetExtension(path)];
                    await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text));
                }
                else
                {
                    context.Response.StatusCode = (int)HttpStatusCode.NotFound;
                }

                context.Response.Close();
            }
        }
        catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
