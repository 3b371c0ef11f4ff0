using System.Text;
using LiveChat.Loads.Chats;
using Xunit;

namespace LiveChat.Tests.Loads;

public sealed class LoadTextTests
{
    private static readonly LoadText Text = new(Sender: 12, Slot: 3, Number: 4_567_890_123, Timestamp: long.MaxValue);

    [Fact]
    public void A_text_says_what_it_was_made_of()
    {
        var text = Text.ToString();

        Assert.Equal(LoadText.Length, text.Length);
        Assert.Equal(Text, LoadText.Read(Encoding.ASCII.GetBytes(text).AsSpan(1)));
    }

    [Fact]
    public void All_texts_of_a_frame_are_found()
    {
        ReadOnlySpan<byte> frame = Encoding.ASCII.GetBytes(
            $"{{\"a\":\"{Text}\",\"b\":\"other\",\"c\":\"{Text with { Number = 2 }}\"}}");

        Assert.True(LoadText.TryTake(ref frame, out var first));
        Assert.True(LoadText.TryTake(ref frame, out var second));
        Assert.False(LoadText.TryTake(ref frame, out _));
        Assert.Equal((Text, Text with { Number = 2 }), (first!.Value, second!.Value));
    }

    [Fact]
    public void Every_single_altered_character_is_seen()
    {
        var whole = Encoding.ASCII.GetBytes(Text.ToString())[1..];
        for (var at = 0; at < whole.Length; at++)
        {
            var altered = whole.ToArray();
            altered[at] = (byte)(altered[at] == '7' ? '8' : '7');
            Assert.True(LoadText.Read(altered) is null, $"The character at {at} was altered, and nothing noticed.");
        }

        Assert.Null(LoadText.Read(whole.AsSpan(0, whole.Length - 1)));
        Assert.Null(LoadText.Read([.. whole, (byte)'x']));
    }
}
