using System.Text;
using LiveChat.Core.Measuring;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Hosting;
using Xunit;

namespace LiveChat.Tests.Server.Telemetry;

/// <summary>A server sends what it measures, and the traces of messages, to a collector.</summary>
public sealed class TelemetryTests
{
    private const string Canary = "canary-in-a-coal-mine";

    [Theory]
    [InlineData(nameof(TelemetryProtocol.Grpc))]
    [InlineData(nameof(TelemetryProtocol.HttpProtobuf))]
    public async Task A_collector_gets_the_trace_of_a_message_and_what_is_measured_and_no_text_of_it(string protocol)
    {
        await using var collector = await OtlpReceiver.StartAsync(protocol == nameof(TelemetryProtocol.Grpc));
        var headers = Path.GetTempFileName();
        await File.WriteAllTextAsync(headers, "x-key=secret\n\n");
        await using var server = await TestServer.StartAsync(
            TestServer.NewFolder(),
            $"--LiveChat:Telemetry:Endpoint={collector.Endpoint}",
            $"--LiveChat:Telemetry:Protocol={protocol}",
            $"--LiveChat:Telemetry:HeadersFile={headers}",
            "--LiveChat:Telemetry:TraceOneIn=1");
        using var ann = await server.ConnectAsync("ann");
        using var bob = await server.ConnectAsync("bob");
        var chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
        var ack = await ann.AckAsync(TestSocket.Message(chat, Canary));
        await bob.NextAsync<MessageCreated>();
        Assert.Equal(0, await server.StopAsync());
        File.Delete(headers);

        var send = Assert.Single(collector.Spans, span => span.Name == MessageTraces.Send);
        Assert.Contains(send.Attributes, pair => pair.Key == "messaging.message.id" && pair.Value.Text == ack.Id);
        Assert.True(send.Parent.IsEmpty);
        foreach (var name in (string[])[MessageTraces.Append, MessageTraces.HandOver, MessageTraces.Deliver])
        {
            var part = Assert.Single(collector.Spans, span => span.Name == name);
            Assert.Equal((send.Trace, send.Id), (part.Trace, part.Parent));
            Assert.True(part.Began <= part.Ended && part.Began >= send.Began, name);
        }

        var acks = collector.Metrics.Last(static metric => metric.Name == "livechat.commands.ack_duration");
        Assert.Equal(2ul, Assert.Single(acks.Histogram.Points).Count);
        Assert.Equal("s", acks.Unit);
        var errors = collector.Metrics.Last(static metric => metric.Name == "livechat.errors");
        Assert.All(errors.Sum.Points, static point => Assert.Equal(0, point.AsInt));
        Assert.Contains(
            collector.Metrics, static metric => metric.Name.StartsWith("dotnet.gc.", StringComparison.Ordinal));
        Assert.Contains("service.name=livechat", collector.Resource.Keys);
        Assert.Equal(["secret"], collector.Keys.Keys);
        Assert.All(
            collector.Bytes, static bytes => Assert.False(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Canary)) >= 0));
    }

    [Fact]
    public async Task A_collector_that_is_away_costs_no_message()
    {
        await using var server = await TestServer.StartAsync(
            TestServer.NewFolder(),
            $"--LiveChat:Telemetry:Endpoint={TestServer.FreeAddress()}",
            "--LiveChat:Telemetry:MetricSeconds=1",
            "--LiveChat:Telemetry:TraceOneIn=1");
        using var ann = await server.ConnectAsync("ann");
        using var bob = await server.ConnectAsync("bob");
        var chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
        for (var i = 0; i < 20; i++) await ann.AckAsync(TestSocket.Message(chat, $"m{i}"));
        for (var i = 0; i < 20; i++) Assert.Equal($"m{i}", (await bob.NextAsync<MessageCreated>()).Body!.Text);
        Assert.Equal(0, await server.StopAsync());
    }

    [Theory]
    [InlineData("--LiveChat:Telemetry:TraceOneIn=5", "LiveChat:Telemetry:Endpoint is not")]
    [InlineData("--LiveChat:Telemetry:Endpoint=collector", "Endpoint is collector: write an address")]
    public void What_cannot_be_sent_is_refused(string option, string said)
    {
        var refused = Assert.Throws<InvalidDataException>(() => ServerConfiguration.Read([option]));
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_that_cannot_be_read_end_the_start()
    {
        await using var server = await TestServer.StartAsync(
            TestServer.NewFolder(),
            "--LiveChat:Telemetry:Endpoint=http://127.0.0.1:9",
            "--LiveChat:Telemetry:HeadersFile=/no/such/file");
        Assert.Equal(2, await server.Exit);
        Assert.Contains("/no/such/file", server.Errors.ToString(), StringComparison.Ordinal);
    }
}
