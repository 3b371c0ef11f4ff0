using System.Globalization;
using LiveChat.Bench.Sockets;

namespace LiveChat.Bench.Pairs;

/// <summary>What a server says of itself to operators.</summary>
internal sealed class ServerState : IDisposable
{
    private const string Lag = "livechat_log_lag{";
    private const string Group = "group=\"history-writers\"";
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    public ServerState(TimeProvider time)
    {
        Address = $"http://127.0.0.1:{FreePort.Find()}";
        (_http, _time) = (new HttpClient { BaseAddress = new Uri(Address) }, time);
    }

    /// <summary>Where the server is to listen for operators.</summary>
    public string Address { get; }

    /// <summary>Waits until the server is ready and history has all that was taken.</summary>
    public async Task UntilWholeAsync(CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        while (await AskAsync("/readyz", limit.Token) != "ok\n" || await BehindAsync(limit.Token) > 0)
            await Task.Delay(Look, _time, limit.Token);
    }

    /// <summary>Records that history has not stored yet.</summary>
    public async Task<long> BehindAsync(CancellationToken stop) => (await AskAsync("/metrics", stop)).Split('\n')
        .Where(static line => line.StartsWith(Lag, StringComparison.Ordinal)
            && line.Contains(Group, StringComparison.Ordinal))
        .Sum(static line => (long)double.Parse(
            line[(line.LastIndexOf('}') + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture));

    public void Dispose() => _http.Dispose();

    private async Task<string> AskAsync(string path, CancellationToken stop)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), stop);
        return await answer.Content.ReadAsStringAsync(stop);
    }
}
