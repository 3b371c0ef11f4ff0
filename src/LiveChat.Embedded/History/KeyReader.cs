using System.Buffers.Binary;
using System.Text;

namespace LiveChat.Embedded.History;

/// <summary>
/// Takes a key of <see cref="KeyWriter"/> apart. Keys of former versions hold a zero character of a text as a zero
/// byte: where such a text may stand, the parts behind it are taken off the end first, and it is all that is left.
/// Every method throws <see cref="FormatException"/> when the key has no such part.
/// </summary>
internal ref struct KeyReader(ReadOnlySpan<byte> key)
{
    private ReadOnlySpan<byte> _rest = key;

    /// <summary>Whether every part was taken.</summary>
    public readonly bool IsEnd => _rest.IsEmpty;

    public ulong Number()
    {
        if (_rest.Length < sizeof(ulong)) throw Broken();
        var number = BinaryPrimitives.ReadUInt64BigEndian(_rest);
        _rest = _rest[sizeof(ulong)..];
        return number;
    }

    public long Seq() => (long)Number();

    /// <summary>The next text, which holds no zero byte: an id or a device.</summary>
    public string Text()
    {
        var end = _rest.IndexOf((byte)0);
        if (end < 0) throw Broken();
        var text = TextOf(_rest[..end]);
        _rest = _rest[(end + 1)..];
        return text;
    }

    /// <summary>The last text of the key, which holds no zero byte.</summary>
    public string LastText()
    {
        if (_rest is not [.., 0]) throw Broken();
        var begin = _rest[..^1].LastIndexOf((byte)0) + 1;
        var text = TextOf(_rest[begin..^1]);
        _rest = _rest[..begin];
        return text;
    }

    /// <summary>All that is left, as one text, whatever it holds.</summary>
    public string RestAsText()
    {
        if (_rest is not [.., 0]) throw Broken();
        var text = TextOf(_rest[..^1]);
        _rest = default;
        return text;
    }

    private static string TextOf(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (bytes.IndexOf(KeyWriter.EscapedZero) is var at && at >= 0)
        {
            text.Append(Encoding.UTF8.GetString(bytes[..at])).Append('\0');
            bytes = bytes[(at + KeyWriter.EscapedZero.Length)..];
        }

        return text.Append(Encoding.UTF8.GetString(bytes)).ToString();
    }

    private static FormatException Broken() => new("The key does not have the parts of its table.");
}
