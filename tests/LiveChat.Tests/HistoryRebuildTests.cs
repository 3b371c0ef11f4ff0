using LiveChat.Embedded.Log;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Tests.Log;
using LiveChat.Tests.Server;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.Tests;

public sealed class HistoryRebuildTests : IDisposable
{
    private readonly string _data = TestServer.NewFolder();
    private readonly string _directKey = TestSocket.Key();
    private readonly string _groupKey = TestSocket.Key();

    [Fact]
    public async Task History_that_is_gone_is_made_again_from_the_log_as_it_was()
    {
        string direct, group;
        Page before;
        var server = await TestServer.StartAsync(_data);
        using (var ann = await server.ConnectAsync("ann"))
        {
            direct = (await ann.AckAsync(Direct())).Chat;
            group = (await ann.AckAsync(Group())).Chat;
            for (var i = 0; i < 5; i++) await ann.AckAsync(Message(direct, $"message {i}"));
            before = Assert.IsType<Page>(await ann.AskAsync(Events(direct)));
        }

        Assert.Equal(0, await server.StopAsync());

        Directory.Delete(Path.Combine(_data, "history"), recursive: true);
        var refused = await TestServer.StartAsync(_data);
        Assert.Equal(2, await refused.Exit);
        Assert.Contains("livechat rebuild-history", refused.Errors.ToString(), StringComparison.Ordinal);

        Assert.Equal(2, await LiveChatServer.RebuildHistoryAsync(_data));

        await using var again = await TestServer.StartAsync(_data);
        using var device = await again.ConnectAsync("ann");
        await device.AckAsync(Message(direct, "after")); // Sequenced behind what was made again.
        var after = Assert.IsType<Page>(await device.AskAsync(Events(direct)));
        Assert.Equal(before.Items.Select(JsonOf), after.Items.SkipLast(1).Select(JsonOf));
        Assert.Equal(before.HeadSeq + 1, after.HeadSeq);
        Assert.NotEqual(before.Epoch, after.Epoch);

        // A creation that is repeated finds its chat: the claims were made again too.
        Assert.Equal(direct, (await device.AckAsync(Direct() with { ClientId = TestSocket.Key() })).Chat);
        var found = await device.AckAsync(Group());
        Assert.Equal((group, true), (found.Chat, found.Duplicate));
    }

    [Fact]
    public async Task A_log_that_was_trimmed_makes_no_history()
    {
        var server = await TestServer.StartAsync(_data);
        using (var ann = await server.ConnectAsync("ann")) await ann.AckAsync(Direct());
        Assert.Equal(0, await server.StopAsync());

        await using (var log = RocksDbMessageLog.Open(
            Path.Combine(_data, "log"), new RocksDbLogOptions { Partitions = 4 }, TimeProvider.System,
            NullLogger<RocksDbMessageLog>.Instance))
            for (var partition = 0; partition < 4; partition++)
                await log.TrimAsync(partition, (await log.RangeAsync(partition)).End);

        Directory.Delete(Path.Combine(_data, "history"), recursive: true);
        var refused = await Assert.ThrowsAsync<InvalidDataException>(
            () => LiveChatServer.RebuildHistoryAsync(_data));
        Assert.Contains("was trimmed", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_history_that_is_there_and_a_folder_that_is_none_are_left_alone()
    {
        var server = await TestServer.StartAsync(_data);
        Assert.Equal(0, await server.StopAsync());
        var refused = await Assert.ThrowsAsync<InvalidDataException>(
            () => LiveChatServer.RebuildHistoryAsync(_data));
        Assert.Contains("is not empty", refused.Message, StringComparison.Ordinal);

        var nowhere = TestServer.NewFolder();
        await Assert.ThrowsAsync<InvalidDataException>(() => LiveChatServer.RebuildHistoryAsync(nowhere));
        Assert.False(Directory.Exists(nowhere));
    }

    public void Dispose()
    {
        if (Directory.Exists(_data)) Directory.Delete(_data, recursive: true);
    }

    private ChatCreate Direct() => new() { ClientId = _directKey, Direct = "bob" };

    private ChatCreate Group() => new() { ClientId = _groupKey, Members = ["bob", "cid"], Title = "three" };

    private static MessageSend Message(string chat, string text) =>
        new() { Chat = chat, ClientId = TestSocket.Key(), Body = new MessageBody { Text = text } };

    private static HistoryGet Events(string chat) => new() { Chat = chat, AfterSeq = 0, View = "events", MinSeq = 6 };

    private static string JsonOf(ChatEvent happened) =>
        System.Text.Encoding.UTF8.GetString(Core.Outboxes.FrameBytes.Of(happened).Span);
}
