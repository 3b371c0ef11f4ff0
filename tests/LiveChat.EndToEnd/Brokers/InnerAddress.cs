using System.Globalization;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>The internal address of a server, at which it says to operators how it is. Any thread.</summary>
internal sealed class InnerAddress(Uri address)
{
    /// <summary>What <c>LiveChat:Internal</c> is set to.</summary>
    public string Address => address.GetLeftPart(UriPartial.Authority);

    /// <summary>What the server answers.</summary>
    public async Task<string> AskAsync(string path)
    {
        using var http = new HttpClient { BaseAddress = address };
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>What the server answers; null while it starts, ends or stands still, however that shows.</summary>
    public async Task<string?> TryAskAsync(string path)
    {
        try
        {
            return await AskAsync(path);
        }
        catch (Exception away) when (away is HttpRequestException or IOException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>The values of a metric in all lines that have these labels, such as <c>group="x"</c>.</summary>
    public async Task<IReadOnlyList<double>> ValuesAsync(string name, params string[] labels) =>
    [
        .. (await AskAsync("/metrics")).Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal)
                && line[name.Length..] is ['{' or ' ', ..]
                && labels.All(label => line.Contains(label, StringComparison.Ordinal)))
            .Select(line => double.Parse(
                line[Math.Max(line.LastIndexOf('}') + 1, name.Length)..].Trim().Split(' ')[0],
                CultureInfo.InvariantCulture)),
    ];

    /// <summary>The sum of a metric that is there.</summary>
    public async Task<double> MetricAsync(string name, params string[] labels)
    {
        var values = await ValuesAsync(name, labels);
        Assert.NotEmpty(values);
        return values.Sum();
    }

    /// <summary>How many partitions the server has of a group.</summary>
    public async Task<int> AssignedAsync(string group) =>
        (await ValuesAsync("livechat_log_lag", $"group=\"{group}\"")).Count;
}
