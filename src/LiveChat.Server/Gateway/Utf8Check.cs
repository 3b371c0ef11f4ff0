using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace LiveChat.Server.Gateway;

/// <summary>UTF-8 that comes in pieces, checked as it comes.</summary>
internal static class Utf8Check
{
    private const int LongestPiece = 3;

    /// <summary>
    /// Checks what came behind <paramref name="through"/> and moves it to the end of the last whole character. False:
    /// whatever comes, this is no UTF-8.
    /// </summary>
    public static bool TryAdvance(ReadOnlySpan<byte> bytes, ref int through)
    {
        var rest = bytes[through..];
        for (var piece = 0; piece <= Math.Min(LongestPiece, rest.Length); piece++)
        {
            if (piece > 0 && !IsBegun(rest[^piece..])) continue;
            if (!Utf8.IsValid(rest[..^piece])) continue;
            through = bytes.Length - piece;
            return true;
        }

        return false;
    }

    /// <summary>Whether more bytes can make one character of these.</summary>
    private static bool IsBegun(ReadOnlySpan<byte> bytes) =>
        Rune.DecodeFromUtf8(bytes, out _, out _) is OperationStatus.NeedMoreData;
}
