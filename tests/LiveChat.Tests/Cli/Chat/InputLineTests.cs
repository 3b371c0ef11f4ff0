using LiveChat.Cli.Chat;
using Xunit;

namespace LiveChat.Tests.Cli.Chat;

/// <summary>The part of a line that is in sight.</summary>
public sealed class InputLineTests
{
    [Theory]
    [InlineData("", 0, "> ", 3)]
    [InlineData("hello", 2, "> hello", 5)]
    [InlineData("one\ntwo", 7, "> one↵two", 10)]
    [InlineData("世界", 1, "> 世界", 5)]
    [InlineData("e\u0301x", 2, "> e\u0301x", 4)]
    [InlineData("0123456789abcdefghijklmno", 25, "> 89abcdefghijklmno", 20)]
    [InlineData("0123456789abcdefghijklmno", 20, "> 3456789abcdefghijklmno", 20)]
    [InlineData("世世世世世世世世世世世", 11, "> 世世世世世世世世", 19)]
    public void The_cursor_is_always_in_sight(string text, int cursor, string shown, int column) =>
        Assert.Equal(new InputLine(shown, column), InputLine.Of(new EditedLine(text, cursor, IsFull: false), 20));
}
