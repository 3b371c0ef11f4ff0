using System.Text.RegularExpressions;

namespace LiveChat.EndToEnd.Alerts;

/// <summary>The alerts of deploy/prometheus as the tests read them.</summary>
internal static partial class AlertFiles
{
    public const string Rules = "livechat.rules.yaml";
    public const string Tests = "livechat.rules.test.yaml";
    public const string Configuration = "prometheus.yml";

    /// <summary>The folder of all three.</summary>
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Alerts");

    public static async Task<IReadOnlyList<Alert>> ReadAsync() =>
    [
        .. (await File.ReadAllTextAsync(Path.Combine(Folder, Rules)))
            .Split("- alert: ")
            .Skip(1)
            .Select(static text => new Alert(
                text.Split('\n')[0],
                Expression().Match(text).Groups[1].Value,
                Page().Match(text).Groups[1].Value,
                text)),
    ];

    [GeneratedRegex(@"^ +expr: (.*?)^ +(?:for|labels): ", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Expression();

    [GeneratedRegex(@"^ +page: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Page();
}

/// <summary>One alert.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Expression">When it fires.</param>
/// <param name="Page">The page that says what to do: a file of this repository, and a headline of it.</param>
/// <param name="Text">All of it.</param>
internal sealed record Alert(string Name, string Expression, string Page, string Text);
