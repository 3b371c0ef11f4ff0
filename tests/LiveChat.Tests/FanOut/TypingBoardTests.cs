using LiveChat.Protocol.Frames;
using LiveChat.Tests.Sessions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.FanOut;

/// <summary>Who types, as the other members are told; the time is moved by hand.</summary>
public sealed class TypingBoardTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    [Fact]
    public async Task Typing_ends_by_itself_when_it_is_not_repeated_within_6_s()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob, chat) = await PairAsync(node);
        await ann.SendAsync(new Typing { Chat = chat, On = true });
        Assert.Equal(["ann"], (await bob.NextAsync<TypingUpdate>()).Users);
        await node.TurnAsync(4);
        await ann.SendAsync(new Typing { Chat = chat, On = true });
        await node.TurnAsync(4);
        await bob.AckAsync(bob.Message(chat, "are you there?"));
        Assert.Single(bob.Heard.OfType<TypingUpdate>());

        await node.TurnAsync(4);
        Assert.Empty((await bob.NextAsync<TypingUpdate>()).Users);
    }

    [Fact]
    public async Task A_flood_of_typing_is_one_frame_a_second()
    {
        const int Seconds = 5;
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob, chat) = await PairAsync(node);
        for (var second = 0; second < Seconds; second++)
        {
            for (var i = 0; i < 10; i++) await ann.SendAsync(new Typing { Chat = chat, On = i % 2 == 0 });
            await node.TurnAsync(1);
        }

        await bob.AckAsync(bob.Message(chat, "stop it"));
        Assert.InRange(bob.Heard.OfType<TypingUpdate>().Count(), 1, Seconds + 1);
    }

    [Fact]
    public async Task A_stranger_types_unseen()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (ann, bob, chat) = await PairAsync(node);
        var mallory = await node.ConnectAsync("mallory");
        await mallory.SendAsync(new Typing { Chat = chat, On = true });
        await ann.SendAsync(new Typing { Chat = chat, On = true });
        Assert.Equal(["ann"], (await bob.NextAsync<TypingUpdate>()).Users);
    }

    private static async Task<(TestDevice Ann, TestDevice Bob, string Chat)> PairAsync(TestNode node)
    {
        var ann = await node.ConnectAsync("ann");
        var bob = await node.ConnectAsync("bob");
        return (ann, bob, await ann.CreateAsync("bob"));
    }
}
