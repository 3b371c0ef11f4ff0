using System.Net;
using System.Text;

namespace LiveChat.Tests.Server.Tokens;

/// <summary>A real HTTP server on a loopback port that answers every request with one document.</summary>
internal sealed class KeyServer : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(1);

    private const int TriesMax = 10;

    private readonly HttpListener _listener;
    private readonly Task _serving;
    private int _requests;

    public KeyServer()
    {
        (_listener, Url) = Listen();
        _serving = ServeAsync();
    }

    public string Url { get; }

    public int Requests => Volatile.Read(ref _requests);

    public string Document { get; set; } = """{"keys":[]}""";

    public string ContentType { get; set; } = "application/json";

    public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

    /// <summary>What every answer waits for.</summary>
    public Task Held { get; set; } = Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();

        // A wait for the next request that begins in the moment of the stop is not told of it, and has nothing to lose.
        await Task.WhenAny(_serving, Task.Delay(StopTimeout, TimeProvider.System));
        _listener.Close();
    }

    /// <summary>An address that was free a moment ago may be taken by now: then at another one.</summary>
    private static (HttpListener Listener, string Url) Listen()
    {
        for (var tries = 1; ; tries++)
        {
            var url = TestServer.FreeAddress().ToString();
            var listener = new HttpListener { Prefixes = { url } };
            try
            {
                listener.Start();
                return (listener, url);
            }
            catch (HttpListenerException) when (tries < TriesMax)
            {
                listener.Close();
            }
        }
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                Interlocked.Increment(ref _requests);
                await Held;
                context.Response.StatusCode = (int)Status;
                context.Response.ContentType = ContentType;
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(Document));
                context.Response.Close();
            }
            catch (Exception over) when (over is HttpListenerException or InvalidOperationException or IOException)
            {
                if (!_listener.IsListening) return;
            }
        }
    }
}
