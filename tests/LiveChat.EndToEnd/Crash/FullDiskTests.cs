using System.Globalization;
using System.Net.WebSockets;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.Crash;

/// <summary>A real server on a small file system that somebody else fills.</summary>
public sealed class FullDiskTests
{
    private const int ImageMebibytes = 160;
    private const long Mebibyte = 1 << 20;
    private const int TriesMax = 200;
    private const int MessagesMax = 10_000;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task A_nearly_full_disk_refuses_sends_until_there_is_room_again()
    {
        await Requirement.LoopDeviceAsync();
        using var scratch = new ScratchDirectory();
        await using var image = await LoopImage.CreateAsync(scratch.Path, ImageMebibytes);
        var data = Path.Combine(image.Mount, "data");
        var reserve = (40 * Mebibyte).ToString(CultureInfo.InvariantCulture);
        await using var server = await CrashServer.StartAsync(
            data,
            CrashServer.FreeEndpoint(),
            new Dictionary<string, string> { ["LIVECHAT__RESERVEBYTES"] = reserve });
        using var ann = await ConnectAsync(server, data, "ann");
        var chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
        var kept = await ann.AckAsync(TestSocket.Message(chat, "kept"));

        var filler = await FillAsync(image, leave: 30 * Mebibyte);
        var message = TestSocket.Message(chat, "when there is room");
        var before = kept.Seq;
        var refused = Assert.IsType<ErrorFrame>(await RepeatAsync<ErrorFrame>(
            ann, () => TestSocket.Message(chat, "while the server has not looked"))).Problem;
        Assert.Equal((ErrorCode.Unavailable, true), (refused.Code, refused.Retryable));

        // Others come, read and mark meanwhile.
        using var bob = await ConnectAsync(server, data, "bob");
        var page = Assert.IsType<Page>(await bob.AskAsync(new HistoryGet { Chat = chat, MinSeq = before }));
        Assert.Contains(page.Items, item => item.Seq == before);

        File.Delete(filler);
        var sent = Assert.IsType<Ack>(await RepeatAsync<Ack>(ann, () => message));
        Assert.True(sent.Seq > before);
        Assert.False(sent.Duplicate);
    }

    [Fact]
    public async Task A_disk_that_is_full_to_the_last_byte_ends_the_server_and_loses_nothing()
    {
        await Requirement.LoopDeviceAsync();
        using var scratch = new ScratchDirectory();
        await using var image = await LoopImage.CreateAsync(scratch.Path, ImageMebibytes);
        var data = Path.Combine(image.Mount, "data");

        // The disk is filled as fast as it goes, by one device.
        await using var server = await CrashServer.StartAsync(
            data, CrashServer.FreeEndpoint(), new Dictionary<string, string>
            {
                ["LIVECHAT__SESSIONS__FRAMESPERSECOND"] = "100000",
                ["LIVECHAT__SESSIONS__FRAMESBURST"] = "100000",
            });
        using var ann = await ConnectAsync(server, data, "ann");
        var chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
        var filler = await FillAsync(image, leave: 0);

        // RocksDB has reserved some megabytes for its write-ahead logs: large messages use them up.
        var acknowledged = new List<(long Seq, string Text)>();
        try
        {
            while (acknowledged.Count < MessagesMax)
            {
                var text = $"{acknowledged.Count} {new string('x', 15_000)}";
                if (await ann.AskAsync(TestSocket.Message(chat, text)) is not Ack ack)
                    break;
                acknowledged.Add((ack.Seq, text));
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or TimeoutException
            or Xunit.Sdk.FailException)
        {
            // The server went away, with a close or without: that is what the test is about.
        }

        var (exitCode, said) = await server.ExitAsync();
        Assert.Equal(1, exitCode);
        Assert.Contains("livechat stopped: ", said, StringComparison.Ordinal);
        Assert.InRange(acknowledged.Count, 1, MessagesMax - 1);

        File.Delete(filler);
        await using var next = await CrashServer.StartAsync(data, server.Endpoint);
        using var again = await ConnectAsync(next, data, "ann");
        foreach (var (seq, text) in acknowledged.TakeLast(50).Prepend(acknowledged[0]))
        {
            var page = Assert.IsType<Page>(await again.AskAsync(
                new HistoryGet { Chat = chat, AfterSeq = seq - 1, Limit = 1, MinSeq = acknowledged[^1].Seq }));
            Assert.Equal(text, Assert.IsType<MessageCreated>(page.Items[0]).Body!.Text);
        }
    }

    private static async Task<string> FillAsync(LoopImage image, long leave)
    {
        var filler = Path.Combine(image.Mount, "filler");
        var bytes = (new DriveInfo(image.Mount).AvailableFreeSpace - leave).ToString(CultureInfo.InvariantCulture);
        await Shell.RunAsync("fallocate", "-l", bytes, filler);
        return filler;
    }

    /// <summary>Sends until the answer is of a kind: the server looks at the disk once a second.</summary>
    private static async Task<ServerFrame> RepeatAsync<T>(TestSocket socket, Func<MessageSend> message)
        where T : ServerFrame
    {
        for (var i = 0; ; i++)
        {
            var answer = await socket.AskAsync(message());
            if (answer is T || i == TriesMax)
                return answer;
            await Task.Delay(BetweenTries, TimeProvider.System);
        }
    }

    private static async Task<TestSocket> ConnectAsync(CrashServer server, string data, string user)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("livechat.v1.json");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        await socket.ConnectAsync(new Uri($"ws://{server.Endpoint.Authority}/v1/realtime"), limit.Token);
        var device = new TestSocket(socket);
        await device.ConnectAsync(LiveChatServer.MintToken(data, user, TimeSpan.FromMinutes(5)));
        return device;
    }
}
