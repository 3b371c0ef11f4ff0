using System.Text.Json;
using System.Threading.Channels;
using LiveChat.Tests.Server;
using Microsoft.AspNetCore.Http;

namespace LiveChat.EndToEnd.Foreign;

/// <summary>Serves one page on an origin of its own, and takes what the page reports; the test reads the reports.
/// </summary>
internal sealed class PageServer : IAsyncDisposable
{
    /// <summary>A scenario reports some dozen times; above that a test that nobody reads has failed anyway.</summary>
    private const int ReportsMax = 1_000;

    private readonly LoopbackServer _server;
    private readonly Channel<JsonElement> _reports = Channel.CreateBounded<JsonElement>(
        new BoundedChannelOptions(ReportsMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private volatile string? _page;

    public PageServer() => _server = new LoopbackServer(AnswerAsync);

    public string Origin => _server.Origin;

    /// <summary>From here on the page is there, with this configuration in it.</summary>
    public void Serve(string page, object config)
    {
        var script = $"<script type=\"application/json\" id=\"config\">{JsonSerializer.Serialize(config)}</script>\n";
        _page = page.Insert(page.IndexOf("<script", StringComparison.Ordinal), script);
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

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var aborted = context.RequestAborted;
        if (context.Request.Method == HttpMethods.Post)
        {
            using var report = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: aborted);
            _reports.Writer.TryWrite(report.RootElement.Clone());
        }
        else if (context.Request.Path == "/" && _page is { } page)
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            await context.Response.WriteAsync(page, aborted);
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }
}
