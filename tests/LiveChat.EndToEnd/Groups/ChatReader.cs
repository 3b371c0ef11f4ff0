using System.Net.Http.Headers;
using System.Text;
using LiveChat.Protocol.Frames;

namespace LiveChat.EndToEnd.Groups;

/// <summary>Reads a chat over HTTP, as one user.</summary>
internal sealed class ChatReader : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _path;

    public ChatReader(Uri endpoint, string token, string chat)
    {
        _http = new HttpClient { BaseAddress = endpoint };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _path = $"/v1/chats/{chat}";
    }

    /// <summary>Whether the chat is pulled now.</summary>
    public async Task<bool> IsPullAsync(CancellationToken cancellationToken) =>
        (await GetAsync<ChatDetails>("chat", "", cancellationToken)).Pull;

    /// <summary>Every event that the user may see, in its order.</summary>
    public async Task<List<Seen>> EventsAsync(CancellationToken cancellationToken)
    {
        var events = new List<Seen>();
        for (long? after = 0; after is { } seq;)
        {
            var page = await GetAsync<Page>("page", $"/events?limit=100&after_seq={seq}", cancellationToken);
            events.AddRange(page.Items.Select(Seen.Of));
            after = page.Next;
        }

        return events;
    }

    /// <summary>Every message that the user may see, the oldest first, although pages come newest first.</summary>
    public async Task<List<Seen>> MessagesAsync(CancellationToken cancellationToken)
    {
        var messages = new List<Seen>();
        for (var query = "?limit=100"; ;)
        {
            var page = await GetAsync<Page>("page", $"/messages{query}", cancellationToken);
            messages.AddRange(page.Items.Select(Seen.Of));
            if (page.Next is not { } before) break;
            query = $"?limit=100&before_seq={before}";
        }

        messages.Reverse();
        return messages;
    }

    public void Dispose() => _http.Dispose();

    /// <summary>An answer is the data of the frame that the socket would have sent.</summary>
    private async Task<T> GetAsync<T>(string type, string query, CancellationToken cancellationToken)
        where T : ServerFrame
    {
        var data = await _http.GetStringAsync(new Uri(_path + query, UriKind.Relative), cancellationToken);
        var frame = JsonFrames.ReadServerFrame(Encoding.UTF8.GetBytes($$"""{"type":"{{type}}","data":{{data}}}"""));
        return (T)frame.Frame!;
    }
}
