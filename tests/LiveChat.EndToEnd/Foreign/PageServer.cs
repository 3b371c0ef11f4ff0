using System.Net;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using LiveChat.EndToEnd.Crash;

namespace LiveChat.EndToEnd.Foreign;

/// <summary>
/// Serves one page on an origin of its own, and takes what the page reports. One loop answers requests one after the
/// other; the test reads the reports.
/// </summary>
internal sealed class PageServer : IAsyncDisposable
{
    /// <summary>A scenario reports some dozen times; above that a test that nobody reads has failed anyway.</summary>
    private const int ReportsMax = 1_000;

    private readonly HttpListener _listener = new();
    private readonly Channel<JsonElement> _reports = Channel.CreateBounded<JsonElement>(
        new BoundedChannelOptions(ReportsMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private Task _loop = Task.CompletedTask;

    public PageServer()
    {
        Origin = CrashServer.FreeEndpoint().GetLeftPart(UriPartial.Authority);
        _listener.Prefixes.Add($"{Origin}/");
        _listener.Start();
    }

    public string Origin { get; }

    /// <summary>From here on the page is there, with this configuration in it.</summary>
    public void Serve(string page, object config)
    {
        var script = $"<script type=\"application/json\" id=\"config\">{JsonSerializer.Serialize(config)}</script>\n";
        var head = page.IndexOf("<script", StringComparison.Ordinal);
        _loop = LoopAsync(Encoding.UTF8.GetBytes(page.Insert(head, script)));
    }

    /// <summary>The next report that is wanted; one of an error fails the test.</summary>
    public async Task<JsonElement> ReportAsync(Func<JsonElement, bool> wanted, CancellationToken cancellationToken)
    {
        while (true)
        {
            var report = await _reports.Reader.ReadAsync(cancellationToken);
            if (report.GetProperty("step").GetString() == "error")
                throw new InvalidOperationException($"The page says {report}");
            if (wanted(report)) return report;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _loop;
    }

    private async Task LoopAsync(byte[] page)
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                if (context.Request.HttpMethod == "POST")
                    _reports.Writer.TryWrite((await JsonDocument.ParseAsync(context.Request.InputStream)).RootElement);
                else if (context.Request.Url!.AbsolutePath == "/")
                    await context.Response.OutputStream.WriteAsync(page);
                else
                    context.Response.StatusCode = (int)HttpStatusCode.NotFound;
                context.Response.Close();
            }
        }
        catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
