using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveChat.Cli.Text;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Bench;

/// <summary>Tokens of users that the server makes for a server key. Any thread.</summary>
/// <param name="http">What carries the requests.</param>
/// <param name="url">The server's address, of a scheme for HTTP or for WebSockets.</param>
/// <param name="key">The key.</param>
/// <param name="lifetime">How long the tokens are good.</param>
/// <param name="time">The clock.</param>
internal sealed class KeyTokens(HttpClient http, Uri url, string key, TimeSpan lifetime, TimeProvider time)
{
    private const int TriesMax = 30;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Uri _tokens = new UriBuilder(url)
    {
        Scheme = url.Scheme is "https" or "wss" ? "https" : "http",
        Path = "/v1/tokens",
    }.Uri;

    /// <summary>A token of the user.</summary>
    /// <exception cref="CliException">The server does not take the key, or not for this.</exception>
    /// <exception cref="HttpRequestException">No server is there.</exception>
    public async ValueTask<string> OfAsync(string user, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["user"] = user, ["seconds"] = (int)lifetime.TotalSeconds }.ToJsonString();
        for (var attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _tokens);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.IsSuccessStatusCode) return TokenIn(text);
            var mayComeBack = response.StatusCode is HttpStatusCode.TooManyRequests
                or HttpStatusCode.ServiceUnavailable;
            if (!mayComeBack || attempt >= TriesMax) throw Refused(text, (int)response.StatusCode);
            await Task.Delay(response.Headers.RetryAfter?.Delta ?? Pause, time, cancellationToken);
        }
    }

    private static string TokenIn(string text)
    {
        try
        {
            return JsonElement.Parse(text).GetProperty("token").GetString()!;
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new CliException(ExitCode.Refused, "Something else than a LiveChat server answers there.");
        }
    }

    private static CliException Refused(string text, int status)
    {
        var problem = (JsonFrames.ReadServerData(FrameType.Error, Encoding.UTF8.GetBytes(text)).Frame as ErrorFrame)
            ?.Problem;
        return new CliException(ExitCode.Refused, problem?.Code switch
        {
            null => $"Something else than a LiveChat server answers there (status {status}).",
            ErrorCode.Unauthorized => "The server does not know this key.",
            ErrorCode.Forbidden =>
                $"The server makes no tokens for this key: {Sentence.End(problem.Describe())} `livechat key create "
                + "NAME` on the server's machine makes one that may.",
            _ => $"The server makes no token: {Sentence.Inside(problem.Describe())} ({problem.Code}).",
        });
    }
}
