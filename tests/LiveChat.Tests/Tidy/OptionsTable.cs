using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace LiveChat.Tests.Tidy;

/// <summary>
/// The options of the server as a table: from the classes, their ranges and their comments, so that what can be set,
/// what is checked and what is written about it are one thing.
/// </summary>
internal static partial class OptionsTable
{
    public const string Heading = "| option | default | from … to | |\n|---|---|---|---|\n";

    private static readonly string[] CommentFiles = ["LiveChat.Server.xml", "LiveChat.Core.xml"];

    public static string Of(Type options, string section)
    {
        var comments = CommentFiles
            .Select(name => Path.Combine(AppContext.BaseDirectory, name))
            .SelectMany(path => XDocument.Load(path).Descendants("member"))
            .ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary"));
        return Heading + string.Concat(Rows(Activator.CreateInstance(options)!, section, comments));
    }

    private static IEnumerable<string> Rows(object instance, string path, Dictionary<string, XElement?> comments)
    {
        foreach (var property in instance.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            var value = property.GetValue(instance);
            var name = $"{path}:{property.Name}";
            if (value is not (string or IEnumerable) && property.PropertyType.IsClass)
            {
                foreach (var row in Rows(value!, name, comments)) yield return row;
                continue;
            }

            var range = property.GetCustomAttribute<RangeAttribute>();
            var bounds = range is null ? "" : $"{Text(range.Minimum)} … {Text(range.Maximum)}";
            var comment = comments.GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}");
            yield return $"| `{name}` | {Default(value)} | {bounds} | {Say(comment)} |\n";
        }
    }

    private static string Default(object? value) => value is ICollection or null or "" ? "none" : $"`{Text(value)}`";

    private static string Text(object value) => value switch
    {
        // A range of longs is kept as doubles.
        >= (double)long.MaxValue or int.MaxValue => "∞",
        double number => number.ToString("0.###", CultureInfo.InvariantCulture),
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Say(XElement? summary)
    {
        if (summary is null) return "";
        var words = summary.Nodes().Select(node => node switch
        {
            XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")!.Value.Split('.')[^1]}`",
            XElement code => $"`{code.Value}`",
            _ => node.ToString(),
        });
        return Space().Replace(string.Concat(words), " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
