using System.Globalization;

namespace LiveChat.Cli.Text;

/// <summary>Counts in words, as in <c>1 chat</c> and <c>2,000 chats</c>. Pure; any thread.</summary>
internal static class CountText
{
    /// <param name="count">How many.</param>
    /// <param name="one">The word for one, whose plural ends in <c>s</c>.</param>
    public static string Of(long count, string one) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {one}{(count == 1 ? "" : "s")}");
}
