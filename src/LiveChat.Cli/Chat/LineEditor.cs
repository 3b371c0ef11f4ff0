using System.Globalization;

namespace LiveChat.Cli.Chat;

/// <summary>
/// The line that is being typed: what a key does to it. Holds at most <see cref="LengthMax"/> characters, and the last
/// lines that were finished. Used by the reader of the keys; others read <see cref="Now"/>.
/// </summary>
internal sealed class LineEditor
{
    /// <summary>What is typed or pasted beyond it is not taken, and <see cref="EditedLine.IsFull"/> says so.</summary>
    public const int LengthMax = 4000;

    private const int HistoryMax = 100;

    private readonly PasteBrackets _brackets = new();
    private readonly List<string> _history = [];
    private int _shown;
    private string _draft = "";
    private string _text = "";
    private int _cursor;
    private bool _isFull;
    private bool _isAfterReturn;
    private volatile EditedLine _now = new("", 0, IsFull: false);

    /// <summary>The line and the place of the cursor in it.</summary>
    public EditedLine Now => _now;

    /// <summary>Takes a key; gives the line when it was finished.</summary>
    public string? Press(ConsoleKeyInfo key)
    {
        string? finished = null;
        foreach (var (next, isPasted) in _brackets.Take(key))
        {
            if (!isPasted) finished = PressOne(next) ?? finished;
            else if (next.KeyChar != '\n' || !_isAfterReturn) Insert(next.KeyChar == '\r' ? '\n' : next.KeyChar);
            _isAfterReturn = isPasted && next.KeyChar == '\r';
        }

        _isFull &= _text.Length >= LengthMax - 1;
        _now = new EditedLine(_text, _cursor, _isFull);
        return finished;
    }

    private string? PressOne(ConsoleKeyInfo key)
    {
        if (key.Key is ConsoleKey.Enter) return Finish();
        if (key.Modifiers.HasFlag(ConsoleModifiers.Control)) return PressControl(key.Key);
        switch (key.Key)
        {
            case ConsoleKey.Backspace:
                Remove(Before(), _cursor);
                break;
            case ConsoleKey.Delete:
                Remove(_cursor, Behind());
                break;
            case ConsoleKey.LeftArrow:
                _cursor = Before();
                break;
            case ConsoleKey.RightArrow:
                _cursor = Behind();
                break;
            case ConsoleKey.Home:
                _cursor = 0;
                break;
            case ConsoleKey.End:
                _cursor = _text.Length;
                break;
            case ConsoleKey.UpArrow:
                Recall(_shown - 1);
                break;
            case ConsoleKey.DownArrow:
                Recall(_shown + 1);
                break;
            default:
                if (!char.IsControl(key.KeyChar)) Insert(key.KeyChar);
                break;
        }

        return null;
    }

    /// <summary>As in a shell. An end of the input on an empty line leaves the program.</summary>
    private string? PressControl(ConsoleKey key)
    {
        switch (key)
        {
            case ConsoleKey.A:
                _cursor = 0;
                break;
            case ConsoleKey.E:
                _cursor = _text.Length;
                break;
            case ConsoleKey.K:
                Remove(_cursor, _text.Length);
                break;
            case ConsoleKey.U:
                Remove(0, _text.Length);
                break;
            case ConsoleKey.W:
                Remove(_text[.._cursor].TrimEnd().LastIndexOf(' ') + 1, _cursor);
                break;
            case ConsoleKey.D when _text.Length == 0:
                return "/quit";
            case ConsoleKey.D:
                Remove(_cursor, Behind());
                break;
        }

        return null;
    }

    private string Finish()
    {
        var line = _text;
        if (line.Length > 0 && (_history.Count == 0 || _history[^1] != line)) _history.Add(line);
        if (_history.Count > HistoryMax) _history.RemoveAt(0);
        _shown = _history.Count;
        Show("");
        return line;
    }

    /// <summary>Behind the last finished line comes the one that was being typed.</summary>
    private void Recall(int line)
    {
        if (line < 0 || line > _history.Count) return;
        if (_shown == _history.Count) _draft = _text;
        _shown = line;
        Show(line == _history.Count ? _draft : _history[line]);
    }

    private void Show(string text) => (_text, _cursor) = (text, text.Length);

    private void Insert(char character)
    {
        // What a terminal obeys is no text, and half a character is none.
        var before = _cursor > 0 ? _text[_cursor - 1] : '\0';
        if (char.IsControl(character) && character is not ('\n' or '\t')) return;
        if (char.IsLowSurrogate(character) && !char.IsHighSurrogate(before)) return;
        _isFull = _text.Length >= LengthMax - (char.IsHighSurrogate(character) ? 1 : 0);
        if (_isFull) return;
        _text = _text.Insert(_cursor, character.ToString());
        _cursor++;
    }

    private void Remove(int from, int to)
    {
        _text = _text.Remove(from, to - from);
        _cursor = from;
    }

    /// <summary>Where the character begins that people see before the cursor.</summary>
    private int Before() => _cursor == 0 ? 0 : StringInfo.ParseCombiningCharacters(_text[.._cursor])[^1];

    private int Behind() => _cursor + StringInfo.GetNextTextElementLength(_text.AsSpan(_cursor));
}
