using LiveChat.Cli.Chat;
using Xunit;

namespace LiveChat.Tests.Cli.Chat;

/// <summary>Typing a line.</summary>
public sealed class LineEditorTests
{
    private readonly LineEditor _editor = new();

    [Fact]
    public void Enter_gives_the_line_and_begins_a_new_one()
    {
        Type("hi");
        Assert.Equal("hi", Press(ConsoleKey.Enter, '\r'));
        Assert.Equal("", _editor.Text);
    }

    [Fact]
    public void Backspace_takes_a_whole_character_that_people_see()
    {
        Type("ae\u0301👍");
        Press(ConsoleKey.Backspace, '\b');
        Assert.Equal("ae\u0301", _editor.Text);
        Press(ConsoleKey.Backspace, '\b');
        Assert.Equal("a", _editor.Text);
        Press(ConsoleKey.Backspace, '\b');
        Press(ConsoleKey.Backspace, '\b');
        Assert.Equal("", _editor.Text);
    }

    [Fact]
    public void Control_W_takes_a_word_and_control_U_all()
    {
        Type("one two ");
        Press(ConsoleKey.W, '\u0017', isControl: true);
        Assert.Equal("one ", _editor.Text);
        Press(ConsoleKey.U, '\u0015', isControl: true);
        Assert.Equal("", _editor.Text);
    }

    [Fact]
    public void Keys_without_a_character_change_nothing()
    {
        Type("a");
        Press(ConsoleKey.LeftArrow, '\0');
        Press(ConsoleKey.F1, '\0');
        Press(ConsoleKey.Tab, '\t');
        Assert.Equal("a", _editor.Text);
    }

    private void Type(string text)
    {
        foreach (var character in text) Press(ConsoleKey.None, character);
    }

    private string? Press(ConsoleKey key, char character, bool isControl = false) =>
        _editor.Press(new ConsoleKeyInfo(character, key, shift: false, alt: false, isControl));
}
