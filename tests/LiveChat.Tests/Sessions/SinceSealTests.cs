using LiveChat.Core.Sessions;
using Xunit;

namespace LiveChat.Tests.Sessions;

public sealed class SinceSealTests
{
    private static readonly Since Position = new(ulong.MaxValue - 5, 1_764_000_000_000);
    private readonly SinceSeal _seal = new(new byte[32]);

    [Fact]
    public void A_position_is_read_as_it_was_written()
    {
        Assert.True(_seal.TryRead(_seal.Write(Position), out var read));
        Assert.Equal(Position, read);
        Assert.True(_seal.TryRead(_seal.Write(Since.Nothing), out read));
        Assert.Equal(("0", true), (_seal.Write(read), read.IsNothing));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Since.StragglersMax)]
    public void Partitions_that_are_behind_are_read_as_they_were_written(int count)
    {
        var written = Position with
        {
            Stragglers = [.. Enumerable.Range(0, count).Select(i => new Straggler((ushort)(65_535 - i), i))],
        };
        Assert.True(_seal.TryRead(_seal.Write(written), out var read));
        Assert.Equal((written.Start, written.TimeMs), (read.Start, read.TimeMs));
        Assert.Equal(written.Stragglers, read.Stragglers);
        Assert.False(_seal.TryRead(_seal.Write(written)[..^20], out _));
    }

    /// <summary>What clients got from the version before.</summary>
    [Fact]
    public void A_position_without_stragglers_has_the_bytes_that_it_always_had() => Assert.Equal(
        "fffffffffffffffa0000019ab697e80004860717bb58776d182a2fbb126b133d", _seal.Write(Position));

    [Fact]
    public void Any_digit_that_is_changed_or_missing_makes_it_worthless()
    {
        var text = _seal.Write(Position);
        for (var i = 0; i < text.Length; i++)
        {
            var changed = text[i] == '0' ? '1' : '0';
            Assert.False(_seal.TryRead($"{text[..i]}{changed}{text[(i + 1)..]}", out _));
            Assert.False(_seal.TryRead(text[..i] + text[(i + 1)..], out _));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("19ab90d4800")]
    public void Other_text_is_no_position(string? text) => Assert.False(_seal.TryRead(text, out _));

    [Fact]
    public void Another_key_does_not_read_it() =>
        Assert.False(new SinceSeal(new byte[31]).TryRead(_seal.Write(Position), out _)
            && new SinceSeal(TestNode.Key).TryRead(_seal.Write(Position), out _));
}
