using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace LiveChat.Tests.Server;

/// <summary>A connection on which anything may be sent that is no HTTP, or nearly.</summary>
internal static partial class RawHttp
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Sends the bytes and reads until the server closes the connection; the answers' statuses.</summary>
    public static async Task<IReadOnlyList<string>> SendAsync(Uri server, string request) =>
        [.. Status().Matches(await ReadAsync(server, request)).Select(static match => match.Groups[1].Value)];

    /// <summary>The same; the answers as they came.</summary>
    public static async Task<string> ReadAsync(Uri server, string request)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, limit.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), limit.Token);
        var answer = new StringBuilder();
        var buffer = new byte[16 * 1024];
        try
        {
            while (await stream.ReadAsync(buffer, limit.Token) is > 0 and var count)
                answer.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }
        catch (IOException)
        {
            // Cut, with something of ours unread: closed all the same.
        }

        return answer.ToString();
    }

    [GeneratedRegex(@"HTTP/1\.1 (\d{3})")]
    private static partial Regex Status();
}
