using System.Text;
using CsCheck;
using LiveChat.Embedded.History;
using Xunit;

namespace LiveChat.Tests.History;

/// <summary>Keys of several parts: no text can end a part early, or look like another part.</summary>
public sealed class KeyWriterTests
{
    /// <summary>Texts of few different characters, so that they meet in what a key is made of.</summary>
    private static readonly string[] Parts = ["\0", "\u0001", "a", "é", "\u07ff", "漢", "😀", "\uffff"];

    private static readonly Gen<string> Texts = Gen.Int[0, Parts.Length - 1].Select(static at => Parts[at])
        .List[0, 5].Select(static parts => string.Concat(parts));

    [Fact]
    public void Different_parts_never_have_one_key() => Gen.Select(Texts, Texts, Texts, Texts).Sample((a, b, c, d) =>
        Assert.Equal((a, b) == (c, d), KeyOf(a, b).AsSpan().SequenceEqual(KeyOf(c, d))));

    [Fact]
    public void A_text_is_read_as_it_was_written_whatever_it_holds() => Gen.Select(Texts, Texts, Gen.ULong).Sample(
        (first, last, number) =>
        {
            Span<byte> buffer = stackalloc byte[256];
            var key = new KeyWriter(buffer).Number(number).Text(first).Text(last).Key;
            var forward = new KeyReader(key);
            Assert.Equal((number, first, last), (forward.Number(), forward.Text(), forward.Text()));
            Assert.True(forward.IsEnd);
            var backward = new KeyReader(key);
            Assert.Equal((number, last, first), (backward.Number(), backward.LastText(), backward.RestAsText()));
            Assert.True(backward.IsEnd);
        });

    [Fact]
    public void A_text_without_a_zero_character_has_the_key_that_former_versions_gave_it() =>
        Texts.Where(static text => !text.Contains('\0', StringComparison.Ordinal)).Sample(static text =>
            Assert.Equal([.. Encoding.UTF8.GetBytes(text), 0, (byte)'u', 0], KeyOf(text, "u")));

    [Fact]
    public void A_text_of_a_former_version_is_read_with_its_zero_bytes_when_an_id_stands_behind_it() =>
        Texts.Sample(static text =>
        {
            byte[] former = [.. Encoding.UTF8.GetBytes(text), 0, .. "ann"u8, 0];
            var parts = new KeyReader(former);
            Assert.Equal(("ann", text), (parts.LastText(), parts.RestAsText()));
        });

    [Fact]
    public void A_key_that_lacks_a_part_is_no_key()
    {
        Assert.Throws<FormatException>(static () => new KeyReader([1, 2, 3]).Number());
        Assert.Throws<FormatException>(static () => new KeyReader("ann"u8).Text());
        Assert.Throws<FormatException>(static () => new KeyReader("ann"u8).LastText());
        Assert.Throws<FormatException>(static () => new KeyReader("ann"u8).RestAsText());
        Assert.Throws<FormatException>(static () => new KeyReader([]).LastText());
    }

    private static byte[] KeyOf(string one, string other) =>
        new KeyWriter(stackalloc byte[256]).Text(one).Text(other).Key.ToArray();
}
