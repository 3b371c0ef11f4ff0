using System.Net;
using System.Net.Http.Headers;
using LiveChat.Cli.Text;
using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Bench;

/// <summary>
/// Deletes the chats that a load made, by the server key of the load or as the operator. The server purges them by
/// itself. What cannot be deleted is said and fails no run: the figures are true. One caller.
/// </summary>
/// <param name="http">What carries the requests; this object closes it.</param>
/// <param name="server">Where to ask.</param>
/// <param name="bearer">The key, or a token of the operator.</param>
/// <param name="time">The clock.</param>
internal sealed class BenchCleanup(HttpClient http, Uri server, string bearer, TimeProvider time) : IDisposable
{
    private const int AtOnce = 16;
    private const int TriesMax = 30;

    /// <summary>How long all of it may take.</summary>
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private int _deleted;
    private string? _reason;

    /// <summary>Deletes them, and says in a sentence what became of it.</summary>
    public async Task<string> DeleteAsync(IReadOnlyCollection<string> chats)
    {
        using var limit = new CancellationTokenSource(Within, time);
        try
        {
            var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = limit.Token };
            await Parallel.ForEachAsync(chats, options, async (chat, token) =>
            {
                if (await RefusalOfAsync(chat, token) is not { } reason) Interlocked.Increment(ref _deleted);
                else if (Interlocked.CompareExchange(ref _reason, reason, null) is null) limit.Cancel();
            });
        }
        catch (OperationCanceledException)
        {
            // The first refusal, or the time, ended it: the rest would go the same way.
        }

        var kept = chats.Count - _deleted;
        return kept == 0
            ? $"{CountText.Of(_deleted, "chat")} of the load {(_deleted == 1 ? "was" : "were")} deleted."
            : $"{CountText.Of(kept, "chat")} of the load {(kept == 1 ? "is" : "are")} left on the server: "
                + Sentence.End(_reason ?? "it took too long");
    }

    public void Dispose() => http.Dispose();

    /// <summary>Null when the chat is deleted.</summary>
    private async Task<string?> RefusalOfAsync(string chat, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Delete, new Uri(server, $"/v1/chats/{chat}"));
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
                using var response = await http.SendAsync(request, cancellationToken);
                if (response.IsSuccessStatusCode) return null;
                var mayComeBack = response.StatusCode is HttpStatusCode.TooManyRequests
                    or HttpStatusCode.ServiceUnavailable;
                if (!mayComeBack || attempt >= TriesMax) return await ReasonAsync(response, cancellationToken);
                await Task.Delay(response.Headers.RetryAfter?.Delta ?? Pause, time, cancellationToken);
            }
            catch (HttpRequestException away)
            {
                return $"no answer at {server} ({Sentence.Inside(away.Message)})";
            }
        }
    }

    private static async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return JsonFrames.ReadServerData(FrameType.Error, text).Frame is ErrorFrame { Problem: var problem }
            ? problem.Describe()
            : $"the server answered {(int)response.StatusCode}";
    }
}
