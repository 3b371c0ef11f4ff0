using System.Globalization;
using System.Net.WebSockets;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.Crash;

/// <summary>A server whose data folder lies on a small file system of its own.</summary>
internal static class SmallDisk
{
    public const int Mebibytes = 160;
    private const long Mebibyte = 1 << 20;
    private const int TriesMax = 200;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(100);

    /// <summary>Fills the disk up to the reserve and makes room again.</summary>
    /// <param name="environment">Where the server's log is.</param>
    public static async Task RefusesUntilThereIsRoomAsync(IReadOnlyDictionary<string, string> environment)
    {
        await Requirement.LoopDeviceAsync();
        using var scratch = new ScratchDirectory();
        await using var image = await LoopImage.CreateAsync(scratch.Path, Mebibytes);
        var data = Path.Combine(image.Mount, "data");
        var inner = CrashServer.FreeEndpoint();
        var reserve = (40 * Mebibyte).ToString(CultureInfo.InvariantCulture);
        await using var server = await CrashServer.StartAsync(
            data,
            CrashServer.FreeEndpoint(),
            new Dictionary<string, string>(environment)
            {
                ["LIVECHAT__RESERVEBYTES"] = reserve,
                ["LIVECHAT__INTERNAL"] = inner.GetLeftPart(UriPartial.Authority),
            });
        using var ann = await ConnectAsync(server, data, "ann");
        var chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
        var kept = await ann.AckAsync(TestSocket.Message(chat, "kept"));

        var filler = await FillAsync(image, leave: 30 * Mebibyte);
        var message = TestSocket.Message(chat, "when there is room");
        var before = kept.Seq;
        var refused = Assert.IsType<ErrorFrame>(await RepeatAsync<ErrorFrame>(
            ann, () => TestSocket.Message(chat, "while the server has not looked"))).Problem;
        Assert.Equal((ErrorCode.Unavailable, true), (refused.Code, refused.Retryable));

        using var http = new HttpClient();
        Assert.Contains(
            "disk_short: The disk of the data folder is short of room",
            await http.GetStringAsync(new Uri(inner, "/readyz")), StringComparison.Ordinal);
        Assert.Matches(
            "livechat_refusing{[^}]*disk_short[^}]*} 1\\b", await http.GetStringAsync(new Uri(inner, "/metrics")));

        // Others come, read and mark meanwhile.
        using var bob = await ConnectAsync(server, data, "bob");
        var page = Assert.IsType<Page>(await bob.AskAsync(new HistoryGet { Chat = chat, MinSeq = before }));
        Assert.Contains(page.Items, item => item.Seq == before);

        File.Delete(filler);
        var sent = Assert.IsType<Ack>(await RepeatAsync<Ack>(ann, () => message));
        Assert.True(sent.Seq > before);
        Assert.False(sent.Duplicate);
        Assert.Equal("ok\n", await http.GetStringAsync(new Uri(inner, "/readyz")));
    }

    public static async Task<string> FillAsync(LoopImage image, long leave)
    {
        var filler = Path.Combine(image.Mount, "filler");
        var bytes = (new DriveInfo(image.Mount).AvailableFreeSpace - leave).ToString(CultureInfo.InvariantCulture);
        await Shell.RunAsync("fallocate", "-l", bytes, filler);
        return filler;
    }

    /// <summary>Fills the disk, but for so many bytes, also for root, who may use what the file system keeps in
    /// reserve.</summary>
    public static string FillWhole(LoopImage image, long leave)
    {
        var filler = Path.Combine(image.Mount, "filler");
        using var file = new FileStream(filler, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[1 << 16];
        try
        {
            for (var i = 0; i < new DriveInfo(image.Mount).TotalSize / block.Length; i++) file.Write(block);
        }
        catch (IOException)
        {
            // It is full.
        }

        file.SetLength(file.Length - leave);
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

    public static async Task<TestSocket> ConnectAsync(
        CrashServer server, string data, string user, string? since = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("livechat.v1.json");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        await socket.ConnectAsync(new Uri($"ws://{server.Endpoint.Authority}/v1/realtime"), limit.Token);
        var device = new TestSocket(socket);
        await device.ConnectAsync(LiveChatServer.MintToken(data, user, TimeSpan.FromMinutes(30)), since);
        return device;
    }
}
