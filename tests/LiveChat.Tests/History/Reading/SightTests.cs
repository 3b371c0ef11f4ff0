using CsCheck;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using LiveChat.Tests.Sessions;
using LiveChat.Tests.Simulation;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.History.Reading;

/// <summary>
/// What each user is shown of each event, on every path: pushed, read as an event, folded into messages, in the list of
/// chats. All are compared with each other and with <see cref="PlainChat"/>, of random chats whose members come and go.
/// </summary>
public sealed class SightTests
{
    private static readonly ChatId Chat = new(Records.Chat);

    /// <summary>All users ask at every event, and nobody's clock waits for an answer to a ping.</summary>
    private static readonly NodeOptions Patient = new()
    {
        Sessions = new SessionOptions { FramesBurst = 1_000_000, SilenceSeconds = 1_000_000 },
    };

    [Fact]
    public Task Every_path_shows_a_user_the_same_of_an_event() => Gen.Select(Gens.Stream, Gen.Int[0, 60]).SampleAsync(
        async (records, pause) =>
        {
            var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeMilliseconds(Records.StartMs));
            await using var node = await TestNode.StartAsync(time, Patient);
            var devices = new Dictionary<string, TestDevice>();
            foreach (var user in HistoryDump.Users) devices.Add(user, await node.ConnectAsync(user));
            var happened = new List<ChatEvent>();
            for (var i = 0; i < records.Length; i++)
            {
                // Behind a pause the workers have forgotten what the store knows.
                if (i == pause) time.Advance(TimeSpan.FromMilliseconds(1.5 * ChatSequencer.KeyKeptMs));
                var partition = Partitioner.PartitionOf(Chat, node.Log.Partitions);
                await node.Log.AppendAsync(partition, RecordEnvelope.Encode(records[i], RulesV1.Number), default);
                await node.PartAsync();
                var head = await node.Tables.ReadHeadAsync(Chat, default);
                if (head!.Seq == happened.Count) continue;
                happened.Add(await WholeAsync(node.Tables, head.Seq));
                var plain = new PlainChat(happened);
                foreach (var (user, device) in devices) await CheckEventAsync(device, user, plain, head, happened[^1]);
            }

            var chat = new PlainChat(happened);
            foreach (var (user, device) in devices) await CheckChatAsync(device, user, chat, happened);
        },
        iter: 40,
        threads: 1);

    /// <summary>The event as the members of then, who all may see everything, were told of it.</summary>
    private static async Task<ChatEvent> WholeAsync(InMemoryHistoryStore tables, long seq)
    {
        var entry = Assert.Single(await tables.ReadEventsAsync(Chat, seq, seq, 0, 0, default));
        var target = (long)(entry.Event.Record.Target?.Seq ?? 0);
        var edited = entry.Event.Record.Edit is null
            ? null
            : Assert.Single(await tables.ReadEventsAsync(Chat, target, target, seq, 0, default)).Edit?.Content;
        return Rendering.Event(entry, edited);
    }

    private static async Task CheckEventAsync(
        TestDevice device, string user, PlainChat plain, ChatState head, ChatEvent whole)
    {
        var answer = await device.AskAsync(
            new HistoryGet { Chat = $"{Chat}", AfterSeq = head.Seq - 1, Limit = 1, View = "events" });
        var pushed = device.Heard.OfType<ChatEvent>().Where(told => told.Seq == head.Seq).ToArray();
        if (plain.StayAt(user, head.Seq) is not { } stay)
        {
            Assert.Empty(pushed);
            Assert.Empty((answer as Page)?.Items ?? []);
            return;
        }

        var read = Assert.Single(Assert.IsType<Page>(answer).Items);
        Assert.Equal(Rendering.Seen(Expected(plain, stay, whole)), Rendering.Seen(read));
        if (!head.Pull) Assert.Equal(Rendering.Seen(read), Rendering.Seen(Assert.Single(pushed)));
        else Assert.Empty(pushed);
    }

    /// <summary>The rule, written for reading.</summary>
    private static ChatEvent Expected(PlainChat plain, Stay stay, ChatEvent whole) => whole switch
    {
        MessageEdited edit when edit.Target < stay.From || plain.WasDeleted(edit.Target, edit.Seq) =>
            edit with { Body = null },
        ReactionChanged reaction when reaction.Target < stay.From => reaction with { Emoji = null },
        _ => whole,
    };

    private static async Task CheckChatAsync(
        TestDevice device, string user, PlainChat chat, List<ChatEvent> happened)
    {
        var list = Assert.IsType<ChatList>(await device.AskAsync(new ChatsGet()));
        if (chat.StaysOf(user).Count == 0)
        {
            Assert.Empty(list.Items);
            return;
        }

        Assert.Equal(chat.HeadOf(user), Assert.Single(list.Items).HeadSeq);
        var page = Assert.IsType<Page>(await device.AskAsync(new HistoryGet { Chat = $"{Chat}", Limit = 100 }));
        Assert.Equal(
            happened.OfType<MessageCreated>().Where(message => chat.StayAt(user, message.Seq) is not null)
                .Select(message => chat.MessageFor(user, message)),
            page.Items.Cast<MessageCreated>().Select(PlainChat.LineOf));
    }
}
