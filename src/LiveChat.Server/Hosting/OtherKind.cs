using Microsoft.Extensions.Configuration;

namespace LiveChat.Server.Hosting;

/// <summary>Options that only mean something with another kind of log, store or presence than the one that is set.
/// </summary>
internal static class OtherKind
{
    /// <summary>The first of them that is given, as a sentence that says what to do; null when there is none.</summary>
    /// <param name="section">What is configured.</param>
    /// <param name="part">The part of the options, such as <c>Store</c>, which has an option <c>Kind</c>.</param>
    /// <param name="kind">The kind that they belong to.</param>
    /// <param name="ofEveryKind">Options of the part that mean something with every kind, besides <c>Kind</c>.</param>
    public static string? Find(IConfiguration section, string part, string kind, params string[] ofEveryKind)
    {
        const string Kind = nameof(Kind);
        var path = $"{ServerOptions.Section}:{part}";
        return section.GetSection(part).GetChildren().Select(static child => child.Key)
            .Where(given => !ofEveryKind.Append(Kind).Contains(given, StringComparer.OrdinalIgnoreCase))
            .Select(given => $"{path}:{given} is an option of {kind}: set {path}:{Kind}={kind}, or leave it out.")
            .FirstOrDefault();
    }
}
