using CsCheck;
using LiveChat.Cli.Text;
using Xunit;

namespace LiveChat.Tests.Cli.Text;

/// <summary>Other people's text on one's own terminal.</summary>
public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("\e[2J\e]0;owned\a", "[2J]0;owned")]
    [InlineData("a\nb\tc\rd", "a b cd")]
    [InlineData("\u009b31mred", "31mred")]
    [InlineData("abc\u202edef\u2066", "abcdef")]
    [InlineData("family 👨‍👩‍👧", "family 👨‍👩‍👧")]
    public void Nothing_that_a_terminal_obeys_gets_through(string text, string clean) =>
        Assert.Equal(clean, TerminalText.Clean(text));

    [Theory]
    [InlineData("", 0)]
    [InlineData("abc", 3)]
    [InlineData("世界", 4)]
    [InlineData("👍", 2)]
    [InlineData("e\u0301", 1)]
    public void Width_counts_columns(string text, int columns) => Assert.Equal(columns, TerminalText.Width(text));

    [Fact]
    public void Wrapped_lines_fit_and_lose_no_word() =>
        Gen.Select(Gen.String[Gen.Char["abc 世界é"], 0, 60], Gen.Int[2, 20]).Sample((text, columns) =>
        {
            var lines = TerminalText.Wrap(text, columns);
            return lines.Count > 0
                && lines.All(line => TerminalText.Width(line) <= columns)
                && string.Concat(lines).Replace(" ", "", StringComparison.Ordinal)
                    == text.Replace(" ", "", StringComparison.Ordinal);
        });

    [Fact]
    public void A_fitted_line_has_exactly_the_width() =>
        Gen.Select(Gen.String[Gen.Char["ab 世é"], 0, 30], Gen.Int[1, 20]).Sample((text, columns) =>
            TerminalText.Width(TerminalText.Fit(text, columns)) == columns);
}
