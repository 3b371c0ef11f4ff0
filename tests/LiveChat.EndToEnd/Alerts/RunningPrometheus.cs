using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using LiveChat.EndToEnd.Crash;
using LiveChat.Tests.Running;

namespace LiveChat.EndToEnd.Alerts;

/// <summary>
/// Debian's Prometheus in a process of its own, with what deploy/prometheus has: only the addresses are other ones, and
/// everything happens every second and at once.
/// </summary>
internal sealed partial class RunningPrometheus : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Uri _url = CrashServer.FreeEndpoint();
    private readonly HttpClient _http = new();
    private readonly StringBuilder _said = new();
    private Process? _process;

    /// <param name="scratch">The folder for its own one.</param>
    /// <param name="servers">The internal addresses of those that it scrapes.</param>
    public static Task<RunningPrometheus> StartAsync(string scratch, params Uri[] servers) =>
        SetUp.OrEndAsync(new RunningPrometheus(), prometheus => prometheus.BeginAsync(scratch, servers));

    /// <summary>Waits until an alert fires.</summary>
    /// <returns>Its labels and annotations.</returns>
    public async Task<JsonElement> FiresAsync(string alert)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            while (true)
            {
                foreach (var one in await AlertsAsync(limit.Token))
                    if (one.GetProperty("labels").GetProperty("alertname").GetString() == alert
                        && one.GetProperty("state").GetString() == "firing")
                        return one;
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            lock (_said) throw new InvalidOperationException($"{alert} did not fire: {_said}");
        }
    }

    /// <summary>Waits until an expression has data.</summary>
    /// <param name="expression">The expression.</param>
    /// <param name="panel">Who asks for it.</param>
    public async Task HasDataAsync(string expression, string panel = "")
    {
        using var limit = new CancellationTokenSource(Patience);
        var query = new Uri(_url, $"/api/v1/query?query={Uri.EscapeDataString(expression)}");
        try
        {
            while (await SizeAsync(query, limit.Token) == 0)
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw new InvalidOperationException($"{panel}: there is no data of {expression}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_process is null) return;
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>How many series it has that are numbers.</summary>
    private async Task<int> SizeAsync(Uri query, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync(query, cancellationToken);
            var answer = JsonSerializer.Deserialize<JsonElement>(
                await response.Content.ReadAsStringAsync(cancellationToken));
            if (!response.IsSuccessStatusCode) throw new InvalidOperationException($"{query}: {answer}");
            return answer.GetProperty("data").GetProperty("result").EnumerateArray()
                .Count(static series => series.GetProperty("value")[1].GetString() != "NaN");
        }
        catch (HttpRequestException)
        {
            return 0; // It starts.
        }
    }

    private async Task<JsonElement[]> AlertsAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await _http.GetStringAsync(new Uri(_url, "/api/v1/alerts"), cancellationToken);
            return JsonSerializer.Deserialize<JsonElement>(answer)
                .GetProperty("data").GetProperty("alerts").Deserialize<JsonElement[]>()!;
        }
        catch (HttpRequestException)
        {
            return []; // It starts.
        }
    }

    private async Task BeginAsync(string scratch, Uri[] servers)
    {
        var folder = Directory.CreateDirectory(Path.Combine(scratch, "prometheus")).FullName;
        var rules = await File.ReadAllTextAsync(Path.Combine(AlertFiles.Folder, AlertFiles.Rules));
        await File.WriteAllTextAsync(Path.Combine(folder, AlertFiles.Rules), For().Replace(rules, "$1 0s"));
        var configuration = await File.ReadAllTextAsync(
            Path.Combine(AlertFiles.Folder, AlertFiles.Configuration));
        await File.WriteAllTextAsync(
            Path.Combine(folder, AlertFiles.Configuration),
            configuration.Replace("/etc/prometheus/", $"{folder}/", StringComparison.Ordinal)
                .Replace(
                    "127.0.0.1:8081",
                    string.Join("\", \"", servers.Select(static one => one.Authority)),
                    StringComparison.Ordinal)
                .Replace("15s", "1s", StringComparison.Ordinal));
        var start = new ProcessStartInfo(
            "prometheus",
            [$"--config.file={folder}/{AlertFiles.Configuration}", $"--storage.tsdb.path={folder}/data",
                $"--web.listen-address={_url.Authority}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("prometheus did not start.");
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        void Hear(string? line)
        {
            lock (_said) _said.AppendLine(line);
        }
    }

    [GeneratedRegex(@"(\bfor:) \w+")]
    private static partial Regex For();
}
