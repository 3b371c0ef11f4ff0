using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace LiveChat.Protocol.Ids;

/// <summary>
/// The embedding application's own id of a user: 1 to 64 characters of <c>[A-Za-z0-9._-]</c>, compared byte for
/// byte, but neither <c>.</c> nor <c>..</c>, which name a folder in every path and could not be named in one. The
/// default value is no user.
/// </summary>
public readonly record struct UserId
{
    /// <summary>The longest id, in characters (all of them ASCII, hence bytes).</summary>
    public const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private readonly string? _value;

    private UserId(string value) => _value = value;

    /// <summary>The id as text; empty for the default value.</summary>
    public string Value => _value ?? "";

    /// <summary>Takes a text that satisfies the rules, refuses any other.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out UserId id)
    {
        var ok = HasAlphabet(text) && text is not ("." or "..");
        id = ok ? new UserId(text!) : default;
        return ok;
    }

    /// <summary>Takes a text that is known to satisfy the rules.</summary>
    /// <exception cref="FormatException">It does not.</exception>
    public static UserId Parse(string text) => TryParse(text, out var id)
        ? id
        : throw new FormatException("A user id has 1 to 64 characters of [A-Za-z0-9._-], and is not . or ..");

    /// <summary>Takes what was written to the log or a store: also an id that nobody gets any more, since a record
    /// that cannot be read stops its partition.</summary>
    /// <exception cref="FormatException">It never was an id.</exception>
    internal static UserId OfRecord(string text) => HasAlphabet(text)
        ? new UserId(text)
        : throw new FormatException("The user id of a record has 1 to 64 characters of [A-Za-z0-9._-].");

    /// <summary>The id as text.</summary>
    public override string ToString() => Value;

    private static bool HasAlphabet([NotNullWhen(true)] string? text) =>
        text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAnyExcept(Allowed);
}
