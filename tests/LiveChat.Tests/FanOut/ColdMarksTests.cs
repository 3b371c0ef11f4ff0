using LiveChat.Core.Workers;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Sessions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.FanOut;

/// <summary>Marks in chats that are in no memory.</summary>
public sealed class ColdMarksTests
{
    private const int Chats = 80;
    private const uint FirstNumber = 1_000;

    [Fact]
    public async Task Marks_in_cold_chats_are_answered_before_the_others_are_told_and_read_as_many_at_once_as_may_be()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        await using var before = await TestNode.StartAsync(time);
        var creator = await before.ConnectAsync("ann");
        var chats = new List<string>();
        for (var i = 0; i < Chats; i++)
        {
            if (i % 40 == 0) await before.TurnAsync(seconds: 3); // What a user may command at once is less.
            chats.Add(await creator.CreateAsync(null, "bob"));
        }

        var caughtUp = before.Node.CatchUpAsync(default);
        await before.TurnAsync(seconds: 2);
        Assert.True(await caughtUp);

        await using var node = await TestNode.StartAsync(time, tables: before.Tables);
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        await node.TurnAsync(seconds: 2);
        foreach (var (i, chat) in chats.Index())
            await ann.SendAsync(new Mark { Id = FirstNumber + (uint)i, Chat = chat, Read = 1 });
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Reads.HeadGate = gate.Task;
        await node.TurnAsync(seconds: 2);

        ann.Read();
        Assert.Equal(Chats, ann.Heard.OfType<Ack>().Count(static ack => ack.Re >= FirstNumber));
        Assert.Equal(new WorkerOptions().ReadsAtOnce, node.Reads.HeadsUnderWay);
        bob.Read();
        Assert.DoesNotContain(bob.Heard, static frame => frame is Receipts);
        gate.SetResult();
        await node.PartAsync();
        bob.Read();
        Assert.Equal(
            chats.Order(), bob.Heard.OfType<Receipts>().Select(static told => told.Chat).Order());
    }
}
