using System.Buffers;
using System.Text;
using LiveChat.Protocol.Frames;

namespace LiveChat.EndToEnd.Proxy;

/// <summary>A device whose session goes over requests: an event stream, or polls.</summary>
internal sealed class RequestDevice : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _query;
    private readonly Queue<ServerFrame> _unread = new();
    private HttpResponseMessage? _answer;
    private StreamReader? _stream;
    private string? _key;
    private string? _ack;

    /// <param name="http">Whose base address is that of the proxy.</param>
    /// <param name="route">What keeps the user at one node.</param>
    public RequestDevice(HttpClient http, string route) => (_http, _query) = (http, $"route={route}");

    /// <summary>Opens the session.</summary>
    public async Task<Ready> ConnectAsync(string token, bool byStream)
    {
        var connect = new Connect { Id = 1, Token = token, Device = "d1" };
        using var request = Request(HttpMethod.Post, byStream ? $"/v1/events?{_query}" : $"/v1/poll?{_query}", connect);
        _answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        _answer.EnsureSuccessStatusCode();
        _key = _answer.Headers.GetValues("LiveChat-Session").Single();
        if (byStream) _stream = new StreamReader(await _answer.Content.ReadAsStreamAsync());
        else await TakeAsync(_answer);
        return await NextAsync<Ready>();
    }

    public async Task SendAsync(ClientFrame frame)
    {
        using var request = Request(HttpMethod.Post, $"/v1/poll?{_query}", frame);
        using var answer = await _http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Asks for the list of chats, and waits for the answer: the session is there.</summary>
    public async Task<Chats> AskAsync()
    {
        await SendAsync(new ChatsGet { Id = 5 });
        return await NextAsync<Chats>();
    }

    /// <summary>The next frame of this kind; others before it are skipped.</summary>
    public async Task<T> NextAsync<T>(Func<T, bool>? wanted = null)
        where T : ServerFrame
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            while (_unread.TryDequeue(out var frame))
                if (frame is T found && (wanted is null || wanted(found))) return found;
            if (_stream is not null) await ReadLineAsync(limit.Token);
            else await PollAsync(limit.Token);
        }
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _answer?.Dispose();
    }

    private async Task ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = await _stream!.ReadLineAsync(cancellationToken)
            ?? throw new InvalidOperationException("The stream ended.");
        if (line.StartsWith("data: ", StringComparison.Ordinal)) Take(line["data: ".Length..]);
    }

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, $"/v1/poll?ack={_ack}&{_query}", frame: null);
        using var answer = await _http.SendAsync(request, cancellationToken);
        answer.EnsureSuccessStatusCode();
        await TakeAsync(answer);
    }

    private async Task TakeAsync(HttpResponseMessage answer)
    {
        foreach (var line in (await answer.Content.ReadAsStringAsync()).Split('\n')) Take(line);
        if (answer.Headers.TryGetValues("LiveChat-Ack", out var values)) _ack = values.Single();
    }

    private void Take(string line)
    {
        if (line.Length > 0) _unread.Enqueue(JsonFrames.ReadServerFrame(Encoding.UTF8.GetBytes(line)).Frame!);
    }

    private HttpRequestMessage Request(HttpMethod method, string path, ClientFrame? frame)
    {
        var request = new HttpRequestMessage(method, path);
        if (_key is not null) request.Headers.TryAddWithoutValidation("LiveChat-Session", _key);
        if (frame is null) return request;
        var bytes = new ArrayBufferWriter<byte>();
        JsonFrames.Write(bytes, frame);
        request.Content = new ByteArrayContent(bytes.WrittenSpan.ToArray());
        return request;
    }
}
