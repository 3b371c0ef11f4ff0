using System.Collections;
using LiveChat.Server.Hosting;

namespace LiveChat.Server.Doctor;

/// <summary>What an operator has set.</summary>
internal static class ConfigurationChecks
{
    public static Finding Look(ServerOptions options)
    {
        var changed = Changed(options, new ServerOptions(), "").ToList();
        return options.Development
            ? new Finding(
                "configuration",
                FindingLevel.Warning,
                "Development mode is on: anybody gets a token for any user.",
                "Take --dev (LiveChat:Development) away before others can reach this server.")
            : new Finding(
                "configuration",
                FindingLevel.Good,
                changed.Count == 0 ? "Every option is as shipped." : $"Set here: {string.Join(", ", changed)}.");
    }

    /// <summary>The names of the options that are not as shipped; never a value, which may be a secret.</summary>
    private static IEnumerable<string> Changed(object options, object shipped, string prefix)
    {
        foreach (var property in options.GetType().GetProperties())
        {
            var (value, usual) = (property.GetValue(options), property.GetValue(shipped));
            var name = prefix + property.Name;
            if (value is IEnumerable list and not string && usual is IEnumerable others)
            {
                if (!list.Cast<object>().SequenceEqual(others.Cast<object>())) yield return name;
            }
            else if (value is null || usual is null || value is string || value.GetType().IsValueType)
            {
                if (!Equals(value, usual)) yield return name;
            }
            else
            {
                foreach (var inner in Changed(value, usual, $"{name}:")) yield return inner;
            }
        }
    }
}
