using System.Net.WebSockets;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.Crash;

/// <summary>A real server on a small file system that somebody else fills.</summary>
public sealed class FullDiskTests
{
    private const int MessagesMax = 10_000;

    [Fact]
    public Task A_nearly_full_disk_refuses_sends_until_there_is_room_again() =>
        SmallDisk.RefusesUntilThereIsRoomAsync(new Dictionary<string, string>());

    [Fact]
    public async Task A_disk_that_is_full_to_the_last_byte_ends_the_server_and_loses_nothing()
    {
        await Requirement.LoopDeviceAsync();
        using var scratch = new ScratchDirectory();
        await using var image = await LoopImage.CreateAsync(scratch.Path, SmallDisk.Mebibytes);
        var data = Path.Combine(image.Mount, "data");

        // The disk is filled as fast as it goes, by one device.
        await using var server = await CrashServer.StartAsync(
            data, CrashServer.FreeEndpoint(), new Dictionary<string, string>
            {
                ["LIVECHAT__SESSIONS__FRAMESPERSECOND"] = "100000",
                ["LIVECHAT__SESSIONS__FRAMESBURST"] = "100000",
            });
        using var ann = await SmallDisk.ConnectAsync(server, data, "ann");
        var chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
        var filler = await SmallDisk.FillAsync(image, leave: 0);

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
        using var again = await SmallDisk.ConnectAsync(next, data, "ann");
        foreach (var (seq, text) in acknowledged.TakeLast(50).Prepend(acknowledged[0]))
        {
            var page = Assert.IsType<Page>(await again.AskAsync(
                new HistoryGet { Chat = chat, AfterSeq = seq - 1, Limit = 1, MinSeq = acknowledged[^1].Seq }));
            Assert.Equal(text, Assert.IsType<MessageCreated>(page.Items[0]).Body!.Text);
        }
    }
}
