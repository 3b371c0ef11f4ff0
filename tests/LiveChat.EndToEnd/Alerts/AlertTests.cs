using System.Buffers;
using System.Text.Json;
using LiveChat.Embedded;
using LiveChat.Embedded.Log;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Tests.Server;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.EndToEnd.Alerts;

/// <summary>A real Prometheus scrapes a real server, and its alerts fire.</summary>
public sealed class AlertTests
{
    /// <summary>Above what LiveChatLagging asks for.</summary>
    private const int Behind = 1_200;

    [Fact]
    public async Task A_stopped_partition_its_lag_sessions_without_WebSocket_and_a_server_that_is_gone_are_alerts()
    {
        await Requirement.PrometheusAsync();
        using var scratch = new ScratchDirectory();
        await using var server = await ScrapedServer.StartAsync(scratch.Path);
        await server.Server.StopAsync();
        await StopPartitionAsync(server.Data, partition: 3);
        await server.Server.StartAgainAsync(server.Data);

        await using var prometheus = await RunningPrometheus.StartAsync(scratch.Path, server.Inner);
        var stopped = await prometheus.FiresAsync("LiveChatPartitionStopped");
        Assert.Equal("3", Value(stopped, "labels", "partition"));
        Assert.Equal("docs/ops/stopped-partition.md", Value(stopped, "annotations", "page"));
        Assert.EndsWith(
            "have stopped in partition 3: its chats refuse sends.",
            Value(stopped, "annotations", "summary"), StringComparison.Ordinal);

        // Who stopped is behind with all that came later.
        var lagging = await prometheus.FiresAsync("LiveChatLagging");
        Assert.Equal("3", Value(lagging, "labels", "partition"));
        Assert.Contains("records behind", Value(lagging, "annotations", "summary"), StringComparison.Ordinal);

        using (var http = new HttpClient { BaseAddress = server.Server.Endpoint })
        using (await OpenEventsAsync(http, server.Data))
        {
            var share = await prometheus.FiresAsync("LiveChatNotOnWebSocket");
            Assert.StartsWith("100% of the sessions", Value(share, "annotations", "summary"), StringComparison.Ordinal);
        }

        await server.Server.KillAsync();
        await prometheus.FiresAsync("LiveChatDown");
    }

    [Fact]
    public async Task A_disk_below_its_reserve_and_the_sends_that_fail_for_it_are_alerts()
    {
        await Requirement.PrometheusAsync();
        using var scratch = new ScratchDirectory();
        await using var server = await ScrapedServer.StartAsync(
            scratch.Path, new Dictionary<string, string> { ["LIVECHAT__RESERVEBYTES"] = $"{long.MaxValue}" });
        await using var prometheus = await RunningPrometheus.StartAsync(scratch.Path, server.Inner);
        await prometheus.FiresAsync("LiveChatDiskShort");

        // A rate needs failures that go on.
        using var ann = await server.ConnectAsync("ann");
        using var fired = new CancellationTokenSource();
        var sending = SendUntilAsync(ann, fired.Token);
        var ratio = await prometheus.FiresAsync("LiveChatErrorRatio");
        await fired.CancelAsync();
        await sending;
        Assert.StartsWith("100% of the commands", Value(ratio, "annotations", "summary"), StringComparison.Ordinal);
    }

    /// <summary>No fault is known that leaves a session untold, so the counter is raised on its way.</summary>
    [Fact]
    public async Task A_session_that_was_told_late_is_an_alert()
    {
        await Requirement.PrometheusAsync();
        using var scratch = new ScratchDirectory();
        await using var server = await ScrapedServer.StartAsync(scratch.Path);
        await using var altered = new AlteredMetrics(server.Inner, "livechat_heads_repaired_total");
        await using var prometheus = await RunningPrometheus.StartAsync(scratch.Path, altered.Url);
        await prometheus.HasDataAsync("livechat_heads_repaired_total == 0");
        altered.Raise();
        var late = await prometheus.FiresAsync("LiveChatHeadsRepaired");
        Assert.StartsWith(altered.Url.Authority, Value(late, "annotations", "summary"), StringComparison.Ordinal);
    }

    private static async Task SendUntilAsync(TestSocket device, CancellationToken fired)
    {
        while (!fired.IsCancellationRequested)
        {
            Assert.IsType<ErrorFrame>(await device.AskAsync(
                new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" }));
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Writes a record of an unknown kind, as a newer server may have, and more behind it.</summary>
    private static async Task StopPartitionAsync(string data, int partition)
    {
        using var folder = DataFolder.Open(data);
        var options = new RocksDbLogOptions { Partitions = LogStore.PartitionsIn(folder.LogPath), ReserveBytes = 0 };
        await using var log = RocksDbMessageLog.Open(
            folder.LogPath, options, TimeProvider.System, NullLogger<RocksDbMessageLog>.Instance);
        await Task.WhenAll(Enumerable.Range(0, Behind + 1).Select(_ =>
            log.AppendAsync(partition, ForeignRecords.OfUnknownKind(), CancellationToken.None).AsTask()));
    }

    private static async Task<HttpResponseMessage> OpenEventsAsync(HttpClient http, string data)
    {
        var connect = new ArrayBufferWriter<byte>();
        var token = LiveChatServer.MintToken(data, "ann", TimeSpan.FromMinutes(30));
        JsonFrames.Write(connect, new Connect { Id = 1, Token = token });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events")
        {
            Content = new ByteArrayContent(connect.WrittenSpan.ToArray()),
        };
        var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        return answer;
    }

    private static string Value(JsonElement alert, string part, string name) =>
        alert.GetProperty(part).GetProperty(name).GetString()!;
}
