using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using LiveChat.Core.Log;
using LiveChat.Embedded.History;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Hosting;
using LiveChat.Tests.Server.Api;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RocksDbSharp;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Server;

/// <summary>
/// A data folder with rows that cannot be read, or that a former version wrote in another way: everything beside them
/// is served as ever. In the chat: 1 its creation, 2 to 5 messages of ann, 6 her edit of 4, 7 bob's reaction to 5.
/// </summary>
public sealed class UnreadableRowsTests
{
    private const int Lost = 2;
    private const int Emptied = 3;
    private const int Edited = 4;
    private const int Whole = 5;
    private const int Reaction = 7;
    private static readonly byte[] Broken = [0xFF];

    [Fact]
    public async Task A_reaction_of_a_former_version_whose_emoji_holds_a_zero_byte_keeps_nobody_from_anything()
    {
        var data = TestServer.NewFolder();
        var chat = await TalkAsync(data);
        Change(data, (history, number) =>
        {
            using var batch = new WriteBatch();
            var reaction = history.Scan(history.Reactions, [0], [byte.MaxValue]).Single();
            batch.Delete(reaction.Key, history.Reactions);
            byte[] former = [.. KeyOf(number, Whole), .. "a\0b"u8, 0, .. "bob"u8, 0];
            batch.Put(former, reaction.Value, history.Reactions);
            var at = CellOf(number, Reaction, RocksDbEventReader.EventCell);
            var stored = StoredEvent.Parser.ParseFrom(history.Get(at, history.Events));
            stored.Record.Reaction.Emoji = "a\0b";
            batch.Put(at, stored.ToByteArray(), history.Events);
            history.Write(batch, sync: true);
        });

        await using var server = await TestServer.StartAsync(data);
        using var ann = new ApiClient(server, "ann");
        var messages = await ItemsAsync(ann, chat, "messages");
        Assert.Equal(["one", "two", "edited", "four"], messages.Values.Select(TextOf));
        var shown = Assert.Single(messages[Whole].GetProperty("reactions").EnumerateArray());
        Assert.Equal("a\0b", shown.GetProperty("emoji").GetString());
        Assert.Equal("bob", shown.GetProperty("user").GetString());
        Assert.Equal("a\0b", (await ItemsAsync(ann, chat, "events"))[Reaction].GetProperty("emoji").GetString());
        await ann.DoneAsync("GET", $"/v1/chats/{chat}/messages/{Whole}");

        // An answer to it, on a socket, and its deletion.
        using var bob = await server.ConnectAsync("bob");
        var answer = new MessageBody { Text = "five", ReplyTo = Whole };
        await bob.AckAsync(TestSocket.Message(chat, "") with { Body = answer });
        Assert.IsType<Page>(await bob.AskAsync(new HistoryGet { Chat = chat }));
        await ann.DoneAsync("DELETE", $"/v1/chats/{chat}/messages/{Whole}");
        var deleted = await ann.DoneAsync("GET", $"/v1/chats/{chat}/messages/{Whole}");
        Assert.True(deleted.TryGetProperty("deleted_seq", out _));
        Assert.False(deleted.TryGetProperty("reactions", out _));
    }

    [Fact]
    public async Task What_cannot_be_read_keeps_its_place_is_named_counted_and_deleted_and_harms_nothing_else()
    {
        var data = TestServer.NewFolder();
        var chat = await TalkAsync(data);
        Change(data, static (history, number) =>
        {
            using var batch = new WriteBatch();
            batch.Put(CellOf(number, Lost, RocksDbEventReader.EventCell), Broken, history.Events);
            batch.Put(CellOf(number, Emptied, RocksDbEventReader.ContentCell), Broken, history.Events);
            var edit = history.Scan(history.Edits, [0], [byte.MaxValue]).Single();
            batch.Put(edit.Key, Broken, history.Edits);
            var reaction = history.Scan(history.Reactions, [0], [byte.MaxValue]).Single();
            batch.Put(reaction.Key, Broken, history.Reactions);
            history.Write(batch, sync: true);
        });

        using var lines = new LineCollector();
        await using var server = await TestServer.StartAsync(
            new ServerSeams { Logging = lines.Listen }, data, "--internal", "http://127.0.0.1:0");
        using var ann = new ApiClient(server, "ann");
        foreach (var seq in new[] { Lost, Emptied, Edited })
        {
            AssertUnreadable((await ItemsAsync(ann, chat, "messages"))[seq]);
            AssertUnreadable(await ann.DoneAsync("GET", $"/v1/chats/{chat}/messages/{seq}"));
        }

        var messages = await ItemsAsync(ann, chat, "messages");
        Assert.Equal("four", TextOf(messages[Whole]));
        Assert.False(messages[Whole].TryGetProperty("reactions", out _));
        Assert.Equal("ann", messages[Emptied].GetProperty("sender").GetString());
        Assert.Equal("", messages[Lost].GetProperty("sender").GetString());
        Assert.Equal([1, 2, 3, 4], messages.Values.Select(static item => item.GetProperty("n").GetInt32()));
        var events = await ItemsAsync(ann, chat, "events");
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], events.Keys);
        AssertUnreadable(events[Lost + 4]);
        Assert.Equal("four", TextOf(events[Whole]));
        Assert.Single((await ann.DoneAsync("GET", "/v1/chats")).GetProperty("items").EnumerateArray());

        var key = CellOf(ulong.Parse(chat, CultureInfo.InvariantCulture), Lost, RocksDbEventReader.EventCell);
        var name = $"events {Convert.ToHexStringLower(key)}";
        Assert.Single(
            lines.Lines,
            line => line.Level == LogLevel.Error && line.Text.Contains(name, StringComparison.Ordinal));
        using var http = new HttpClient();
        var metrics = await http.GetStringAsync(new Uri(InternalOf(server), "/metrics"));
        foreach (var table in new[] { "events", "edits", "reactions" })
            Assert.Matches($"(?m)^livechat_rows_unreadable_total[^ ]*table=\"{table}\"[^ ]* [1-9]", metrics);
        Assert.Matches("(?m)^livechat_rows_unreadable_total[^ ]*table=\"markers\"[^ ]* 0\\b", metrics);

        foreach (var seq in new[] { Lost, Emptied, Edited })
        {
            await ann.DoneAsync("DELETE", $"/v1/chats/{chat}/messages/{seq}");
            var deleted = await ann.DoneAsync("GET", $"/v1/chats/{chat}/messages/{seq}");
            Assert.True(deleted.TryGetProperty("deleted_seq", out _));
            Assert.False(deleted.TryGetProperty("unreadable", out _));
        }
    }

    [Fact]
    public async Task An_event_of_which_nothing_can_be_read_is_shown_by_its_seq()
    {
        var data = TestServer.NewFolder();
        var chat = await TalkAsync(data);
        Change(data, static (history, number) =>
            history.Put(CellOf(number, Reaction, RocksDbEventReader.EventCell), Broken, history.Events, sync: true));

        await using var server = await TestServer.StartAsync(data);
        using var bob = await server.ConnectAsync("bob");
        var page = Assert.IsType<Page>(await bob.AskAsync(new HistoryGet { Chat = chat, View = "events" }));
        var lost = Assert.IsType<UnknownEvent>(page.Items[^1]);
        Assert.Equal(("event.unreadable", Reaction, 4, true), (lost.Type, lost.Seq, lost.N, lost.Unreadable));
        Assert.Equal(7, page.Items.Count);
        await bob.AckAsync(TestSocket.Message(chat, "still here"));
    }

    private static async Task<string> TalkAsync(string data)
    {
        var server = await TestServer.StartAsync(data);
        string chat;
        using (var ann = await server.ConnectAsync("ann"))
        using (var bob = await server.ConnectAsync("bob"))
        {
            chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Members = ["bob"] })).Chat;
            foreach (var text in new[] { "one", "two", "three", "four" })
                await ann.AckAsync(TestSocket.Message(chat, text));
            await ann.AckAsync(new MessageEdit
            {
                Chat = chat, ClientId = TestSocket.Key(), Target = Edited, Body = new MessageBody { Text = "edited" },
            });
            await bob.AckAsync(new ReactionSet
            {
                Chat = chat, ClientId = TestSocket.Key(), Target = Whole, Emoji = "+", On = true,
            });

            // A list waits until history has what its user was answered.
            Assert.IsType<ChatList>(await bob.AskAsync(new ChatsGet()));
        }

        Assert.Equal(0, await server.StopAsync());
        return chat;
    }

    private static void Change(string data, Action<HistoryDatabase, ulong> change)
    {
        using var history = HistoryDatabase.Open(
            Path.Combine(data, "history"), NullLogger<HistoryDatabase>.Instance);
        var chat = history.Scan(history.ChatHead, [0], [byte.MaxValue]).First().Key;
        change(history, new KeyReader(chat).Number());
    }

    private static byte[] KeyOf(ulong chat, long seq) =>
        new KeyWriter(stackalloc byte[16]).Number(chat).Number(seq).Key.ToArray();

    private static byte[] CellOf(ulong chat, long seq, byte cell) => [.. KeyOf(chat, seq), cell];

    private static Uri InternalOf(TestServer server) => new(server.Output.ToString().Split('\n')
        .Single(static line => line.StartsWith("  inner ", StringComparison.Ordinal)).Split(' ')[^1]);

    private static async Task<SortedDictionary<long, JsonElement>> ItemsAsync(ApiClient user, string chat, string view)
    {
        var page = await user.DoneAsync("GET", $"/v1/chats/{chat}/{view}");
        return new(page.GetProperty("items").EnumerateArray()
            .Select(static item => item.GetProperty("data"))
            .ToDictionary(static item => item.GetProperty("seq").GetInt64()));
    }

    private static string? TextOf(JsonElement message) =>
        message.GetProperty("body").GetProperty("text").GetString();

    private static void AssertUnreadable(JsonElement message)
    {
        Assert.True(message.GetProperty("unreadable").GetBoolean());
        Assert.False(message.TryGetProperty("body", out _));
    }
}
