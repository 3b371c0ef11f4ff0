using System.Buffers;
using System.Text.Json;
using LiveChat.Embedded;
using LiveChat.Embedded.Log;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.EndToEnd.Alerts;

/// <summary>A real Prometheus scrapes a real server, and its alerts fire.</summary>
public sealed class AlertTests
{
    [Fact]
    public async Task A_stopped_partition_sessions_without_WebSocket_and_a_server_that_is_gone_are_alerts()
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

        using (var http = new HttpClient { BaseAddress = server.Server.Endpoint })
        using (await OpenEventsAsync(http, server.Data))
        {
            var share = await prometheus.FiresAsync("LiveChatNotOnWebSocket");
            Assert.StartsWith("100% of the sessions", Value(share, "annotations", "summary"), StringComparison.Ordinal);
        }

        await server.Server.KillAsync();
        await prometheus.FiresAsync("LiveChatDown");
    }

    /// <summary>Writes a record of an unknown kind, as a newer server may have.</summary>
    private static async Task StopPartitionAsync(string data, int partition)
    {
        using var folder = DataFolder.Open(data);
        var options = new RocksDbLogOptions { Partitions = LogStore.PartitionsIn(folder.LogPath), ReserveBytes = 0 };
        await using var log = RocksDbMessageLog.Open(
            folder.LogPath, options, TimeProvider.System, NullLogger<RocksDbMessageLog>.Instance);
        await log.AppendAsync(partition, ForeignRecords.OfUnknownKind(), CancellationToken.None);
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
