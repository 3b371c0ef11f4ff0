using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Tests.Server.Api;

/// <summary>A user who speaks HTTP only.</summary>
internal sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;

    public ApiClient(TestServer server, string? user)
        : this(server.Url, user is null ? null : server.Token(user))
    {
    }

    /// <summary>A client that shows this token, and acts for this user if one is named.</summary>
    public ApiClient(Uri address, string? token, string? actingFor = null)
    {
        _http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(40) };
        if (token is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (actingFor is not null) _http.DefaultRequestHeaders.Add("LiveChat-Act-As", actingFor);
    }

    public static string Key() => ClientId.New(TimeProvider.System.GetUtcNow()).ToString();

    /// <summary>Sends a request; the body is JSON as it stands.</summary>
    public async Task<ApiResponse> SendAsync(
        string method, string path, string? body = null, string type = "application/json", string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, type);
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var answer = new ApiResponse(
            response, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone());
        if (answer.Type == "application/problem+json")
            DescribedErrors.Check(method, path, (int)answer.Status, answer.Code);
        return answer;
    }

    /// <summary>What must succeed.</summary>
    public async Task<JsonElement> DoneAsync(string method, string path, string? body = null)
    {
        var response = await SendAsync(method, path, body);
        Assert.True((int)response.Status < 300, $"{method} {path}: {(int)response.Status} {response.Body}");
        return response.Body;
    }

    public async Task<string> DirectAsync(string other) =>
        (await DoneAsync("POST", "/v1/chats", $$"""{"direct":"{{other}}"}""")).GetProperty("chat").GetString()!;

    public async Task<long> SayAsync(string chat, string text) =>
        (await DoneAsync("POST", $"/v1/chats/{chat}/messages", $$$"""{"body":{"text":"{{{text}}}"}}"""))
            .GetProperty("seq").GetInt64();

    public void Dispose() => _http.Dispose();
}

/// <summary>What came back.</summary>
internal sealed class ApiResponse(HttpResponseMessage response, JsonElement body)
{
    public HttpStatusCode Status { get; } = response.StatusCode;

    public JsonElement Body => body;

    public string? Type { get; } = response.Content.Headers.ContentType?.MediaType;

    public string? Tag { get; } = response.Headers.ETag?.Tag;

    public string? Location { get; } = response.Headers.Location?.OriginalString;

    public TimeSpan? RetryAfter { get; } = response.Headers.RetryAfter?.Delta;

    public string Code => body.GetProperty("code").GetString()!;
}
