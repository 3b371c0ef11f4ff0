using LiveChat.Client;
using LiveChat.Tests.Running;

namespace LiveChat.EndToEnd.Groups;

/// <summary>
/// A user with the SDK, and everything that it handed to the application. Its loop writes the list, which the test
/// reads through its length, and as a whole once the loop has ended.
/// </summary>
internal sealed class GroupMember : IAsyncDisposable
{
    private readonly LiveChatClient _client;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Seen> _heard = [];
    private Task _reading = Task.CompletedTask;
    private int _count;

    private GroupMember(string user, Uri endpoint, string token)
    {
        User = user;
        Token = token;
        _client = new LiveChatClient(new LiveChatClientOptions
        {
            Endpoint = endpoint,
            TokenProvider = _ => ValueTask.FromResult(token),
        });
    }

    public string User { get; }

    public string Token { get; }

    public LiveChatClient Client => _client;

    /// <summary>How many events there are so far.</summary>
    public int Count => Volatile.Read(ref _count);

    public static Task<GroupMember> ConnectAsync(
        string user, Uri endpoint, string token, CancellationToken cancellationToken) =>
        SetUp.OrEndAsync(
            new GroupMember(user, endpoint, token),
            async member =>
            {
                await member._client.ConnectAsync(cancellationToken);
                member._reading = member.ReadAsync();
            });

    /// <summary>Stops listening; what was heard until then.</summary>
    public async Task<IReadOnlyList<Seen>> StopAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        return _heard;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _client.DisposeAsync();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var happened in _client.ReadEventsAsync(_stop.Token))
            {
                _heard.Add(Seen.Of(happened));
                Volatile.Write(ref _count, _heard.Count);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The test has heard enough.
        }
    }
}
