using LiveChat.Cluster.Tests.Log;
using LiveChat.Core.Log;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>
/// Without two of three brokers the third takes records that no reader sees before the others are back: minutes after
/// their append time. A device that left in between, with the position to resume from that it was given last, has to
/// hear of them.
/// </summary>
public sealed class LateRecordTests(ThreeBrokers brokers) : IClassFixture<ThreeBrokers>
{
    /// <summary>Longer than the minute by which a position to resume from is behind.</summary>
    private static readonly TimeSpan GoneFor = TimeSpan.FromSeconds(100);

    [Fact]
    public async Task A_device_that_left_without_a_quorum_is_told_of_what_became_visible_late()
    {
        Requirement.Long();
        await using var log = await BrokerLog.StartAsync(brokers.Addresses);
        using var bob = await log.ConnectAsync("bob");
        var chats = await ChatsInAllPartitionsAsync(bob);
        await log.IsWholeAsync();
        var eve = await log.ConnectAsync("eve");
        bob.Patience = eve.Patience = TimeSpan.FromMinutes(2);

        await brokers.KillAsync(1);
        await brokers.KillAsync(2);
        for (var number = 0; number < chats.Count; number++)
            await bob.SendAsync(TestSocket.Message(chats[number], "late") with { Id = (uint)(1_000 + number) });
        foreach (var _ in chats) await bob.NextAsync<ErrorFrame>(static frame => frame.Re >= 1_000);
        var since = await LastSinceAsync(eve);
        eve.Dispose();

        await Task.WhenAll(brokers.StartNodeAsync(1), brokers.StartNodeAsync(2));
        await log.IsWholeAsync();
        using var reader = await log.ConnectAsync("bob");
        var late = new HashSet<string>();
        foreach (var chat in chats)
            if (Assert.IsType<Page>(await reader.AskAsync(new HistoryGet { Chat = chat })).HeadSeq > 1) late.Add(chat);
        Assert.NotEmpty(late);

        using var again = await log.ConnectAsync("eve", since);
        Assert.Equal("partial", again.Ready.Resume);
        Assert.Superset(late, again.Ready.Behind!.Select(static one => one.Chat).ToHashSet());
    }

    private static async Task<List<string>> ChatsInAllPartitionsAsync(TestSocket bob)
    {
        var chats = new Dictionary<int, string>();
        for (var number = 0; chats.Count < BrokerLog.Partitions; number++)
        {
            Assert.InRange(number, 0, 500);
            var create = new ChatCreate { ClientId = TestSocket.Key(), Title = $"{number}", Members = ["eve"] };
            var chat = (await bob.AckAsync(create)).Chat;
            Assert.True(ChatId.TryParse(chat, out var id));
            chats[Partitioner.PartitionOf(id, BrokerLog.Partitions)] = chat;
        }

        return [.. chats.Values];
    }

    /// <summary>Answers pings for a while, as a client does, and gives the position of the last one.</summary>
    private static async Task<string> LastSinceAsync(TestSocket eve)
    {
        var since = eve.Ready.Since;
        var time = TimeProvider.System;
        for (var began = time.GetTimestamp(); time.GetElapsedTime(began) < GoneFor;)
        {
            since = (await eve.NextAsync<Ping>()).Since ?? since;
            await eve.SendAsync(new Pong());
        }

        return since;
    }
}
