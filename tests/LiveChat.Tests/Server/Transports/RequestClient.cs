using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Server.Transports;

/// <summary>A client that makes the requests of a session by hand.</summary>
internal sealed class RequestClient(TestServer server) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = server.Url, Timeout = TimeSpan.FromMinutes(1) };
    private long _acknowledged = 1;
    private uint _number = 1_000;

    public string? Key { get; init; }

    public string? Origin { get; init; }

    public Ready Ready { get; private set; } = null!;

    public static async Task<RequestClient> OpenAsync(TestServer server, string user)
    {
        using var opening = new RequestClient(server);
        var connect = new ArrayBufferWriter<byte>();
        JsonFrames.Write(connect, new Connect { Id = 1, Token = server.Token(user), Device = "d1" });
        var answer = await opening.SendAsync("POST", "/v1/poll", connect.WrittenSpan.ToArray());
        Assert.Equal((HttpStatusCode.OK, "1"), (answer.Status, answer.Ack));
        return new RequestClient(server)
        {
            Key = answer.Key,
            Ready = Assert.IsType<Ready>(answer.Frames[0]),
        };
    }

    public Task<Answer> SendAsync(string method, string path, string? body = null) =>
        SendAsync(method, path, body is null ? null : Encoding.UTF8.GetBytes(body));

    public Task<Answer> SendAsync(string method, string path, byte[]? body) => SendAsync(
        Request(method, path, method == "POST" ? new ByteArrayContent(body ?? []) : null));

    /// <summary>Sends a command, and polls until it is answered.</summary>
    public async Task<ServerFrame> AskAsync(ClientFrame command)
    {
        var bytes = new ArrayBufferWriter<byte>();
        JsonFrames.Write(bytes, command with { Id = ++_number });
        Assert.Equal(
            HttpStatusCode.NoContent, (await SendAsync("POST", "/v1/poll", bytes.WrittenSpan.ToArray())).Status);
        while (true)
        {
            var answer = await SendAsync(
                "GET", $"/v1/poll?ack={_acknowledged.ToString(CultureInfo.InvariantCulture)}");
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            _acknowledged = long.Parse(answer.Ack!, CultureInfo.InvariantCulture);
            if (answer.Frames.FirstOrDefault(frame => frame.Re == _number) is { } found) return found;
        }
    }

    /// <summary>Asks for a stream; what comes is read with <see cref="EventText.ReadToAsync"/>.</summary>
    public async Task<EventText> StreamAsync(string path)
    {
        var answer = await _http.SendAsync(
            Request("POST", path, new ByteArrayContent([])), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        return new EventText(answer, await answer.Content.ReadAsStreamAsync());
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(string method, string path, HttpContent? body)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = body };
        if (Key is not null) request.Headers.TryAddWithoutValidation("LiveChat-Session", Key);
        if (Origin is not null) request.Headers.Add("Origin", Origin);
        return request;
    }

    private async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await _http.SendAsync(request);
            return new Answer(
                response.StatusCode,
                await response.Content.ReadAsStringAsync(),
                HeaderOf(response, "LiveChat-Session"),
                HeaderOf(response, "LiveChat-Ack"));
        }
    }

    private static string? HeaderOf(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.Single() : null;

    /// <summary>What a request was answered.</summary>
    internal sealed record Answer(HttpStatusCode Status, string Text, string? Key, string? Ack)
    {
        /// <summary>Of a problem.</summary>
        public string Code => JsonDocument.Parse(Text).RootElement.GetProperty("code").GetString()!;

        public IReadOnlyList<ServerFrame> Frames =>
        [
            .. Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(static line => JsonFrames.ReadServerFrame(Encoding.UTF8.GetBytes(line)).Frame!),
        ];
    }

    /// <summary>The text of an event stream.</summary>
    internal sealed class EventText(HttpResponseMessage answer, Stream stream) : IDisposable
    {
        private readonly byte[] _buffer = new byte[4_096];

        public async Task<string> ReadToAsync(string end)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
            var text = "";
            while (!text.EndsWith(end, StringComparison.Ordinal))
            {
                var count = await stream.ReadAsync(_buffer, limit.Token);
                Assert.NotEqual(0, count);
                text += Encoding.UTF8.GetString(_buffer, 0, count);
            }

            return text;
        }

        public void Dispose() => answer.Dispose();
    }
}
