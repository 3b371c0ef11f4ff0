namespace LiveChat.Cli.Chat;

/// <summary>
/// Tells pasted text from typed text: the terminal puts <c>ESC [ 2 0 0 ~</c> and <c>ESC [ 2 0 1 ~</c> around it, of
/// which the console makes a key each. Keys that may begin such a mark wait for the next one. Used by one reader.
/// </summary>
internal sealed class PasteBrackets
{
    private const string Begin = "[200~";
    private const string End = "[201~";

    private readonly List<ConsoleKeyInfo> _held = [];
    private bool _isEscaped;
    private bool _isPaste;

    /// <summary>The keys that are certain by now, and whether each was pasted.</summary>
    public IReadOnlyList<(ConsoleKeyInfo Key, bool IsPasted)> Take(ConsoleKeyInfo key)
    {
        if (key.Key == ConsoleKey.Escape)
        {
            var before = Release();
            _isEscaped = true;
            return before;
        }

        // When both come in one piece, the console reads them as Alt and the bracket.
        if (key.KeyChar == '[' && key.Modifiers.HasFlag(ConsoleModifiers.Alt)) _isEscaped = true;
        if (!_isEscaped) return [(key, _isPaste)];
        _held.Add(key);
        var mark = string.Concat(_held.Select(held => held.KeyChar));
        var wanted = _isPaste ? End : Begin;
        if (!wanted.StartsWith(mark, StringComparison.Ordinal)) return Release();
        if (mark.Length == wanted.Length)
        {
            _isPaste = !_isPaste;
            _isEscaped = false;
            _held.Clear();
        }

        return [];
    }

    /// <summary>It was no mark. The escape itself does nothing.</summary>
    private List<(ConsoleKeyInfo Key, bool IsPasted)> Release()
    {
        List<(ConsoleKeyInfo, bool)> released = [.. _held.Select(held => (held, _isPaste))];
        _held.Clear();
        _isEscaped = false;
        return released;
    }
}
