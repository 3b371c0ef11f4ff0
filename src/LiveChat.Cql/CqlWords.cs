namespace LiveChat.Cql;

/// <summary>
/// The bare words of a CQL text: passes over string literals (also $$ … $$), comments and punctuation. A name keeps its
/// quotation marks and its keyspace (<c>ks."T"</c> is one word), so it is never taken for a keyword.
/// </summary>
internal ref struct CqlWords(ReadOnlySpan<char> text)
{
    private ReadOnlySpan<char> _left = text;

    public ReadOnlySpan<char> Current { get; private set; }

    public readonly bool Is(string word) => Current.Equals(word, StringComparison.OrdinalIgnoreCase);

    public bool MoveNext()
    {
        while (!_left.IsEmpty)
        {
            if (IsNamePart(_left[0]))
            {
                Current = Take(NameLength());
                return true;
            }

            if (_left[0] == '\'') Take(QuotedLength('\''));
            else if (_left.StartsWith("$$")) Take(Through("$$", 2));
            else if (_left.StartsWith("--") || _left.StartsWith("//")) Take(Through("\n", 2));
            else if (_left.StartsWith("/*")) Take(Through("*/", 2));
            else Take(1);
        }

        return false;
    }

    private static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c is '_' or '.' or '"';

    private ReadOnlySpan<char> Take(int count)
    {
        var taken = _left[..count];
        _left = _left[count..];
        return taken;
    }

    private readonly int NameLength()
    {
        var length = 0;
        while (length < _left.Length && IsNamePart(_left[length]))
            length += _left[length] == '"' ? QuotedLengthAt(length, '"') : 1;
        return length;
    }

    private readonly int QuotedLength(char quote) => QuotedLengthAt(0, quote);

    /// <summary>
    /// To the closing quote; a doubled one inside begins another run, which the caller's loop takes next.
    /// </summary>
    private readonly int QuotedLengthAt(int start, char quote)
    {
        var end = _left[(start + 1)..].IndexOf(quote);
        return end < 0 ? _left.Length - start : end + 2;
    }

    private readonly int Through(string end, int start)
    {
        var at = _left[start..].IndexOf(end);
        return at < 0 ? _left.Length : start + at + end.Length;
    }
}
