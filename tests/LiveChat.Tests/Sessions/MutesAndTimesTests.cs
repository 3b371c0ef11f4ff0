using System.Globalization;
using System.Text;
using LiveChat.Core.Identities;
using LiveChat.Protocol.Frames;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Sessions;

/// <summary>Times say the same moment in every place, and a mute is shown for as long as it lasts.</summary>
public sealed class MutesAndTimesTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Everything that shows whether a chat is muted.</summary>
    private static readonly Dictionary<string, Func<TestDevice, string, Task<DateTimeOffset?>>> Paths = new()
    {
        ["chats"] = static async (ann, _) =>
            Assert.Single(Assert.IsType<ChatList>(await ann.AskAsync(new ChatsGet())).Items).MutedUntil,
        ["sync"] = static async (ann, _) =>
            Assert.Single((await ann.SyncAsync()).Items).MutedUntil,
        ["chat.get"] = static async (ann, chat) =>
            Assert.IsType<ChatDetails>(await ann.AskAsync(new ChatGet { Chat = chat })).MutedUntil,
        ["chat.mine, asked"] = static async (ann, chat) =>
            Assert.IsType<Mine>(await ann.AskAsync(new MineSet { Chat = chat })).MutedUntil,
        ["chat.mine, set"] = static async (ann, chat) =>
            Assert.IsType<Mine>(await ann.AskAsync(new MineSet { Chat = chat, Pinned = true })).MutedUntil,
        ["chat.mine, told"] = static async (ann, chat) =>
        {
            await ann.SendAsync(new MineSet { Chat = chat, Pinned = false });
            return (await ann.NextAsync<Mine>(static told => told is { Re: null, Pinned: false })).MutedUntil;
        },
    };

    [Fact]
    public async Task A_mute_is_shown_on_every_path_until_it_is_over_and_on_none_from_then_on()
    {
        await using var node = await TestNode.StartAsync(new FakeTimeProvider(Start));
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        var end = Start.AddSeconds(30);
        await ann.AskAsync(new MineSet { Chat = chat, MutedUntil = end });
        foreach (var (path, read) in Paths)
            Assert.Equal((path, end), (path, await node.WhileTimeMovesAsync(read(ann, chat))));
        Assert.True(node.Time.GetUtcNow() < end, "The mute was over before all paths were read.");

        await node.MoveToAsync(end);
        foreach (var (path, read) in Paths)
            Assert.Equal((path, null), (path, await node.WhileTimeMovesAsync(read(ann, chat))));
    }

    [Fact]
    public async Task A_device_that_connects_is_told_of_no_mute_that_is_over()
    {
        var identities = IdentityPorts.InMemory();
        var settings = new HeldSettings(identities.Settings);
        await using var node = await TestNode.StartAsync(
            new FakeTimeProvider(Start),
            change: ports => ports with { Identities = identities with { Settings = settings } });
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        await node.TurnAsync(2);
        var end = node.Time.GetUtcNow().AddSeconds(5);
        var since = await node.WhileTimeMovesAsync(node.SinceAsync(node.Time.GetUtcNow().ToUnixTimeMilliseconds()));
        settings.AfterRead(async () =>
        {
            await ann.AskAsync(new MineSet { Chat = chat, MutedUntil = end, Pinned = true });
            await node.MoveToAsync(end);
        });

        var phone = await node.WhileTimeMovesAsync(node.ConnectAsync("ann", since));
        var told = await phone.NextAsync<Mine>(static told => told.Pinned);
        Assert.Null(told.MutedUntil);
    }

    [Theory]
    [InlineData("2026-11-24T08:00:00Z", "2026-11-24T08:00:00Z")]
    [InlineData("2026-11-24T08:00:00.5Z", "2026-11-24T08:00:00.5Z")]
    [InlineData("2026-11-24T08:00:00\\u002b01:30", "2026-11-24T06:30:00Z")]
    [InlineData("2026-11-24T08:00:00.123456-05:00", "2026-11-24T13:00:00.123456Z")]
    [InlineData("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z")]
    [InlineData("2026-11-24T08:00:00", null)]
    [InlineData("2026-11-24T08:00:00.000", null)]
    [InlineData("2026-11-24T08:00Z", null)]
    [InlineData("2026-11-24T08:00+01:00", null)]
    [InlineData("2026-11-24", null)]
    [InlineData("2026-11-24T08:00:00+0100", null)]
    [InlineData("2026-11-24T08:00:00+01", null)]
    [InlineData("2026-11-24 08:00:00Z", null)]
    [InlineData("2026-11-24T25:00:00Z", null)]
    [InlineData("2026-02-30T08:00:00Z", null)]
    [InlineData("20261124T080000Z", null)]
    [InlineData("tomorrow", null)]
    [InlineData("", null)]
    public void A_time_has_an_offset_or_is_refused(string text, string? moment)
    {
        var frame = $$$"""{"type":"chat.mine","id":1,"data":{"chat":"1","muted_until":"{{{text}}}"}}""";
        var read = JsonFrames.ReadClientFrame(Encoding.UTF8.GetBytes(frame));
        Assert.Equal(1u, read.Number);
        if (moment is null)
            Assert.Equal(FrameReadStatus.Malformed, read.Status);
        else
            Assert.Equal(
                DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture),
                Assert.IsType<MineSet>(read.Frame).MutedUntil);
    }
}
