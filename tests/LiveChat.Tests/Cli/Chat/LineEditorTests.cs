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
        Assert.Equal("|", Shown());
    }

    [Fact]
    public void Backspace_takes_a_whole_character_that_people_see()
    {
        Type("ae\u0301👍");
        Press(ConsoleKey.Backspace, '\b');
        Assert.Equal("ae\u0301|", Shown());
        Press(ConsoleKey.Backspace, '\b');
        Assert.Equal("a|", Shown());
        Press(ConsoleKey.Backspace, '\b');
        Press(ConsoleKey.Backspace, '\b');
        Assert.Equal("|", Shown());
    }

    [Fact]
    public void The_cursor_moves_over_whole_characters_and_what_is_typed_goes_in_there()
    {
        Type("e\u0301👍x");
        Press(ConsoleKey.LeftArrow);
        Press(ConsoleKey.LeftArrow);
        Assert.Equal("e\u0301|👍x", Shown());
        Type("世");
        Assert.Equal("e\u0301世|👍x", Shown());
        Press(ConsoleKey.Delete);
        Assert.Equal("e\u0301世|x", Shown());
        Press(ConsoleKey.Home);
        Press(ConsoleKey.LeftArrow);
        Assert.Equal("|e\u0301世x", Shown());
        Press(ConsoleKey.RightArrow);
        Assert.Equal("e\u0301|世x", Shown());
        Press(ConsoleKey.End);
        Press(ConsoleKey.RightArrow);
        Assert.Equal("e\u0301世x|", Shown());
    }

    [Fact]
    public void Control_keys_do_as_in_a_shell()
    {
        Type("one two three ");
        Press(ConsoleKey.W, '\u0017', isControl: true);
        Assert.Equal("one two |", Shown());
        Press(ConsoleKey.A, '\u0001', isControl: true);
        Assert.Equal("|one two ", Shown());
        Press(ConsoleKey.D, '\u0004', isControl: true);
        Assert.Equal("|ne two ", Shown());
        Press(ConsoleKey.RightArrow);
        Press(ConsoleKey.K, '\u000B', isControl: true);
        Assert.Equal("n|", Shown());
        Press(ConsoleKey.E, '\u0005', isControl: true);
        Press(ConsoleKey.U, '\u0015', isControl: true);
        Assert.Equal("|", Shown());
        Assert.Equal("/quit", Press(ConsoleKey.D, '\u0004', isControl: true));
    }

    [Fact]
    public void Keys_without_a_character_change_nothing()
    {
        Type("a");
        Press(ConsoleKey.F1);
        Press(ConsoleKey.Tab, '\t');
        Press(ConsoleKey.Escape, '\e');
        Type("b[c");
        Assert.Equal("ab[c|", Shown());
    }

    [Fact]
    public void Earlier_lines_come_back_and_behind_them_the_one_that_was_being_typed()
    {
        foreach (var line in (string[])["one", "two", "two", ""])
        {
            Type(line);
            Press(ConsoleKey.Enter, '\r');
        }

        Type("thr");
        Press(ConsoleKey.UpArrow);
        Assert.Equal("two|", Shown());
        Press(ConsoleKey.UpArrow);
        Press(ConsoleKey.UpArrow);
        Assert.Equal("one|", Shown());
        Press(ConsoleKey.DownArrow);
        Press(ConsoleKey.DownArrow);
        Press(ConsoleKey.DownArrow);
        Assert.Equal("thr|", Shown());
    }

    [Theory]
    [InlineData("one\rtwo")]
    [InlineData("one\ntwo")]
    [InlineData("one\r\ntwo")]
    public void Pasted_lines_are_one_message(string pasted)
    {
        Type("> ");
        Paste(pasted);
        Assert.Equal("> one\ntwo|", Shown());
        Assert.Equal("> one\ntwo", Press(ConsoleKey.Enter, '\r'));
    }

    /// <summary>Marks that come one key at a time, or with their first two keys as one; escapes that are no marks.
    /// </summary>
    [Fact]
    public void Only_the_marks_of_the_terminal_begin_and_end_a_paste()
    {
        _editor.Press(new ConsoleKeyInfo('[', ConsoleKey.None, shift: false, alt: true, control: false));
        Type("200~a");
        Press(ConsoleKey.Escape, '\e');
        Type("[20b\r");
        Press(ConsoleKey.Escape, '\e');
        Type("[201~");
        Assert.Equal("a[20b\n|", Shown());
        Assert.Equal("a[20b\n", Press(ConsoleKey.Enter, '\r'));
    }

    [Fact]
    public void A_line_has_at_most_4000_characters_and_says_when_something_was_not_taken()
    {
        Paste(new string('x', 3999));
        Assert.False(_editor.Now.IsFull);
        Type("👍");
        Assert.True(_editor.Now.IsFull);
        Assert.Equal(3999, _editor.Now.Text.Length);
        Type("yz");
        Assert.Equal(4000, _editor.Now.Text.Length);
        Assert.True(_editor.Now.IsFull);
        Press(ConsoleKey.W, '\u0017', isControl: true);
        Assert.False(_editor.Now.IsFull);
    }

    private string Shown() => _editor.Now.Text.Insert(_editor.Now.Cursor, "|");

    private void Paste(string text)
    {
        Press(ConsoleKey.Escape, '\e');
        Type("[200~" + text);
        Press(ConsoleKey.Escape, '\e');
        Type("[201~");
    }

    private void Type(string text)
    {
        foreach (var character in text)
            Press(character is '\r' or '\n' ? ConsoleKey.Enter : ConsoleKey.None, character);
    }

    private string? Press(ConsoleKey key, char character = '\0', bool isControl = false) =>
        _editor.Press(new ConsoleKeyInfo(character, key, shift: false, alt: false, isControl));
}
