using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace EchoBot;

/// <summary>
/// What an application's backend asks of the server with its key. The key never leaves the backend: a client on
/// somebody's phone asks the backend for a token, and the backend does this.
/// </summary>
internal sealed class Backend : IDisposable
{
    private readonly HttpClient _http;

    public Backend(Uri server, string key)
    {
        _http = new HttpClient { BaseAddress = server };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>A token of an hour for one device of a user. The client asks again whenever it needs one.</summary>
    /// <exception cref="UnauthorizedAccessException">There is none to be had, which stops the client.</exception>
    public async ValueTask<string> TokenAsync(string user, string device, CancellationToken cancellationToken)
    {
        using var answer = await _http.PostAsJsonAsync("v1/tokens", new { user, device }, cancellationToken);
        if (answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            throw new UnauthorizedAccessException(await answer.Content.ReadAsStringAsync(cancellationToken));
        answer.EnsureSuccessStatusCode();
        var grant = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return grant.GetProperty("token").GetString()!;
    }

    public void Dispose() => _http.Dispose();
}
