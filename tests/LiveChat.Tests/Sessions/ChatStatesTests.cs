using System.Reflection;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Workers;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Log;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>What is known of a chat, who asks for it, and what a command waits for.</summary>
public sealed class ChatStatesTests
{
    private const BindingFlags Fields =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;

    /// <summary>Everything that a class keeps, also what a primary constructor captured.</summary>
    [Fact]
    public void Only_the_owner_and_what_is_known_of_chats_hold_the_worker()
    {
        var holders = typeof(DeliveryWorker).Assembly.GetTypes()
            .Where(static type => type.GetFields(Fields).Any(static field => HoldsWorker(field.FieldType)))
            .Select(static type => type.DeclaringType is { } outer && type.Name.StartsWith('<') ? outer : type)
            .Where(static type => type != typeof(DeliveryWorker)) // Its own asynchronous methods.
            .Distinct()
            .OrderBy(static type => type.Name, StringComparer.Ordinal);
        Assert.Equal([typeof(ChatStates), typeof(OwnerRole)], holders);
    }

    [Fact]
    public async Task A_member_of_a_chat_in_memory_waits_for_no_store()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync(null, "bob");
        Assert.True(await node.Node.CatchUpAsync(CancellationToken.None));
        node.History.StaysGate = new TaskCompletionSource().Task;
        Assert.Equal(2, (await ann.AckAsync(ann.Message(chat, "one"))).Seq);
        Assert.Equal(3, (await ann.AckAsync(new ChatUpdate { Chat = chat, ClientId = ann.Key(), Title = "x" })).Seq);
    }

    /// <summary>As a gateway has it, whose chats others own: they may be warm there.</summary>
    [Fact]
    public async Task Who_was_seen_as_a_member_sends_without_the_store_where_the_chat_is_not_in_memory()
    {
        MovableReader? delivery = null;
        await using var node = await TestNode.StartAsync(change: ports => ports with
        {
            ReaderOf = group => group == ConsumerGroups.DeliveryWorkers
                ? delivery = new MovableReader((IWaitingLog)ports.Log, group)
                : ports.ReaderOf(group),
        });
        int[] all = [.. Enumerable.Range(0, node.Log.Partitions)];
        await node.RunAsync(() => delivery!.AssignAsync(all));
        var ann = await node.ConnectAsync("ann");
        var eve = await node.ConnectAsync("eve");
        var chat = await ann.CreateAsync(null, "bob");
        await ann.AckAsync(ann.Message(chat, "one"));
        Assert.True(await node.Node.CatchUpAsync(CancellationToken.None));

        // Another node is the owner for a while.
        await node.RunAsync(() => delivery!.RevokeAsync(isLost: false, all));
        await ann.SendAsync(ann.Message(chat, "seen") with { Id = 1_001 });
        Assert.IsType<Page>(await ann.AskAsync(new HistoryGet { Chat = chat }));
        node.History.IsAway = true;
        await ann.SendAsync(ann.Message(chat, "sent without the store") with { Id = 1_002 });
        Assert.Equal(ErrorCode.Unavailable, (await eve.ProblemAsync(eve.Message(chat, "x"))).Code);
        Assert.Equal(
            ErrorCode.Unavailable,
            (await ann.ProblemAsync(new MessageDelete { Chat = chat, ClientId = ann.Key(), Target = 2 })).Code);
        node.History.IsAway = false;
        await node.RunAsync(() => delivery!.AssignAsync(all));
        Assert.Equal(3, (await ann.NextAsync<Ack>(static ack => ack.Re == 1_001)).Seq);
        Assert.Equal(4, (await ann.NextAsync<Ack>(static ack => ack.Re == 1_002)).Seq);
    }

    [Fact]
    public async Task A_command_of_anybody_else_costs_one_read_of_their_own_stays()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync(null, "bob");
        var eve = await node.ConnectQuietlyAsync("eve");
        Assert.True(await node.Node.CatchUpAsync(CancellationToken.None));
        foreach (var named in (string[])[chat, "7301"])
        {
            var reads = node.Reads.Reads;
            Assert.Equal(ErrorCode.NotFound, (await eve.ProblemAsync(eve.Message(named, "x"))).Code);
            Assert.True(await node.Node.CatchUpAsync(CancellationToken.None));
            Assert.Equal(1, node.Reads.Reads - reads);
        }
    }

    [Fact]
    public async Task A_history_that_does_not_answer_in_time_refuses_the_command_retryably()
    {
        await using var node = await TestNode.StartAsync(
            new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000)));
        var connecting = node.ConnectQuietlyAsync("eve");
        while (!connecting.IsCompleted) await node.PartAsync();
        var eve = await connecting;
        node.History.StaysGate = new TaskCompletionSource().Task;
        var asked = eve.ProblemAsync(eve.Message("7301", "x"));
        for (var part = 0; part < 40 && !asked.IsCompleted; part++) await node.PartAsync();
        var problem = await asked;
        Assert.Equal((ErrorCode.Unavailable, true), (problem.Code, problem.Retryable));
    }

    private static bool HoldsWorker(Type type) =>
        type == typeof(DeliveryWorker) || (type.IsGenericType && type.GetGenericArguments().Any(HoldsWorker));
}
