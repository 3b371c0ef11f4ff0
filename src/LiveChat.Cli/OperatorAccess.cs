using System.CommandLine;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveChat.Cli.CommandLine;
using LiveChat.Cli.Text;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server;

namespace LiveChat.Cli;

/// <summary>How a command administers a server: at its internal address, with a token of the data folder's secret.
/// </summary>
internal sealed class OperatorAccess
{
    private readonly AddressOption _address = new(
        "--internal", "The server's internal address.", new Uri("http://127.0.0.1:8081"), "http", "https");

    private readonly DataOption _data = new();
    private readonly WaitOption _wait;

    /// <summary>Adds the options to a command.</summary>
    public OperatorAccess(Command command, int waitSeconds = WaitOption.SecondsUsual)
    {
        _wait = new WaitOption(waitSeconds);
        command.Add(_address);
        command.Add(_data);
        command.Add(_wait);
    }

    /// <summary>The data folder of the server.</summary>
    public string FolderOf(ParseResult parsed) => _data.FolderOf(parsed);

    /// <summary>Asks, and returns the answer's body; null when there is none.</summary>
    public async Task<JsonDocument?> SendAsync(
        ParseResult parsed, HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        var address = parsed.GetValue(_address)!;
        using var http = new HttpClient { Timeout = _wait.Of(parsed) };
        using var request = new HttpRequestMessage(method, new Uri(address, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _data.OperatorToken(parsed));
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!response.IsSuccessStatusCode) throw Refused(path, text, (int)response.StatusCode);
            return text.Length == 0 ? null : JsonDocument.Parse(text);
        }
        catch (Exception away) when (away is HttpRequestException
            || (away is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var given = $"--internal {address.GetLeftPart(UriPartial.Authority)}";
            throw new CliException(
                ExitCode.NotReachable,
                $"No answer at {address} ({Sentence.Inside(away.Message)}). "
                + (LiveChatServer.FindProcess(FolderOf(parsed)) is { } process
                    ? $"Process {process} uses the data folder: it is starting, hangs, or was started without {given}."
                    : $"A server answers there when it was started with {given}."));
        }
    }

    private static CliException Refused(string path, string text, int status)
    {
        var problem = (JsonFrames.ReadServerData(FrameType.Error, Encoding.UTF8.GetBytes(text)).Frame as ErrorFrame)
            ?.Problem;
        return new CliException(ExitCode.Refused, problem?.Code switch
        {
            null => $"Something else than a LiveChat server answers there (status {status}).",
            ErrorCode.Unauthorized => "The server has another secret: --data is not its data folder.",
            ErrorCode.NotFound when path.StartsWith("/v1/keys/", StringComparison.Ordinal) => "There is no such key.",
            ErrorCode.NotFound when path.EndsWith("/erasure", StringComparison.Ordinal) =>
                "No erasure of this user was begun.",
            ErrorCode.NotFound when path.StartsWith("/v1/chats/", StringComparison.Ordinal) => "There is no such chat.",
            ErrorCode.NotFound => $"The server does not know {path}: it is of another version than this command.",
            _ => $"The server refused it: {problem.Describe()} ({problem.Code})",
        });
    }
}
