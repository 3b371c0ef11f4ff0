using System.Net;
using System.Text.RegularExpressions;
using LiveChat.EndToEnd.Crash;

namespace LiveChat.EndToEnd.Alerts;

/// <summary>Stands between a server and its Prometheus, and says another value of one counter: of a fault that a server
/// is not known to have.</summary>
internal sealed class AlteredMetrics : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _http = new();
    private readonly Uri _server;
    private readonly Regex _line;
    private readonly Task _answering;
    private long _value;

    /// <param name="server">The server's internal address.</param>
    /// <param name="counter">The counter; it has no labels of its own.</param>
    public AlteredMetrics(Uri server, string counter)
    {
        (_server, _line) = (server, new Regex($"(?m)^({counter}(?:{{[^}}]*}})?) [0-9.]+"));
        _listener.Prefixes.Add(Url.AbsoluteUri);
        _listener.Start();
        _answering = AnswerAsync();
    }

    /// <summary>Where Prometheus scrapes it.</summary>
    public Uri Url { get; } = CrashServer.FreeEndpoint();

    public void Raise() => Interlocked.Increment(ref _value);

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _answering;
        _http.Dispose();
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                var asked = await _listener.GetContextAsync();
                using var answer = asked.Response;
                using var metrics = await _http.GetAsync(new Uri(_server, asked.Request.RawUrl));
                var text = await metrics.Content.ReadAsStringAsync();
                answer.ContentType = metrics.Content.Headers.ContentType?.ToString();
                await using var writer = new StreamWriter(answer.OutputStream);
                await writer.WriteAsync(_line.Replace(text, $"$1 {Interlocked.Read(ref _value)}"));
            }
        }
        catch (Exception over) when (over is HttpListenerException or ObjectDisposedException)
        {
            // It was closed.
        }
    }
}
