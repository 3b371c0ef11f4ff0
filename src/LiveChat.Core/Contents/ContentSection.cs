using System.Globalization;

namespace LiveChat.Core.Contents;

/// <summary>The parts of what an installation holds, in their order.</summary>
internal enum ContentSection
{
    Claims = 0,
    ServerKeys = 1,
    Erasures = 2,
    Users = 3,
    Chats = 4,
}

/// <summary>A place between two lines at which a reader can begin: everything before it was read.</summary>
/// <param name="Section">The section.</param>
/// <param name="After">The last scope, user or chat of it that was read; empty before the first.</param>
internal readonly record struct ContentPlace(ContentSection Section, string After)
{
    /// <summary>Before everything.</summary>
    public static readonly ContentPlace Start = new(ContentSection.Claims, "");

    /// <summary>Takes what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static ContentPlace Parse(string text) =>
        text.Split(' ', 2) is [var section, var after]
        && int.TryParse(section, CultureInfo.InvariantCulture, out var number)
        && Enum.IsDefined((ContentSection)number)
            ? new ContentPlace((ContentSection)number, after)
            : throw new FormatException($"'{text}' is not a place in the contents of an installation.");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(int)Section} {After}");
}

/// <summary>Some lines, one behind the other.</summary>
/// <param name="Lines">The lines.</param>
/// <param name="Done">The place behind them; null within a chat.</param>
internal readonly record struct ContentPart(IReadOnlyList<ContentLine> Lines, ContentPlace? Done);

/// <summary>Contents cannot be read or taken; the message says which, and what to do.</summary>
internal sealed class ContentException(string message, Exception? inner = null) : Exception(message, inner);
