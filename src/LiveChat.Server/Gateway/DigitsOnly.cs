using System.Text;

namespace LiveChat.Server.Gateway;

/// <summary>
/// Reads <c>Content-Length</c> as RFC 9110 has it: digits and nothing else. Kestrel takes a sign before them, which a
/// proxy in front may read in another way; it asks for the encoding of a header, and this one has no character for
/// anything but digits.
/// </summary>
internal sealed class DigitsOnly : Encoding
{
    private const char NoDigit = '?';

    public override int GetByteCount(char[] chars, int index, int count) => count;

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        ASCII.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        if (byteCount > chars.Length - charIndex)
        {
            // Longer than any number that is taken.
            chars[charIndex] = NoDigit;
            return 1;
        }

        for (var i = 0; i < byteCount; i++)
        {
            var character = (char)bytes[byteIndex + i];
            chars[charIndex + i] = char.IsAsciiDigit(character) ? character : NoDigit;
        }

        return byteCount;
    }

    public override int GetMaxByteCount(int charCount) => charCount;

    public override int GetMaxCharCount(int byteCount) => byteCount;
}
