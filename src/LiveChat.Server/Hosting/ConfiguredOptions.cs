using System.Collections;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace LiveChat.Server.Hosting;

/// <summary>Says of each option what it is and where that was set. Pure.</summary>
internal static class ConfiguredOptions
{
    /// <summary>What the providers of the configuration are called; a later one overrides an earlier one.</summary>
    public static IReadOnlyList<string> Sources { get; } =
        ["profile", "livechat.json", "environment", "command line"];

    /// <param name="options">The options that were made of it.</param>
    /// <param name="configuration">One provider for each of <see cref="Sources"/>.</param>
    public static IEnumerable<ConfiguredOption> Of(ServerOptions options, IConfigurationRoot configuration) =>
        Walk(options, ServerOptions.Section, name => SourceOf(name, configuration));

    private static IEnumerable<ConfiguredOption> Walk(object options, string path, Func<string, string?> sourceOf)
    {
        foreach (var property in options.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            var name = $"{path}:{property.Name}";
            var value = property.GetValue(options);
            var below = value switch
            {
                string or null => null,
                IList { Count: 0 } => [new ConfiguredOption(name, "", null)],
                IList values => values.Cast<object>().Select((item, at) =>
                    new ConfiguredOption($"{name}:{at}", Text(item), sourceOf($"{name}:{at}"))),
                _ => property.PropertyType.IsClass ? Walk(value, name, sourceOf) : null,
            };
            if (below is null) yield return new ConfiguredOption(name, Text(value), sourceOf(name));
            else foreach (var option in below) yield return option;
        }
    }

    private static string? SourceOf(string name, IConfigurationRoot configuration)
    {
        var source = configuration.Providers
            .Select(static (provider, at) => (provider, at))
            .LastOrDefault(pair => pair.provider.TryGet(name, out _));
        return source.provider is null ? null : Sources[source.at];
    }

    private static string Text(object? value) => value switch
    {
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value?.ToString() ?? "",
    };
}
