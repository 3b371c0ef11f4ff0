using LiveChat.Core.Timing;
using LiveChat.Core.Workers;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>
/// Tells users' devices on this gateway what the users set on another one. The store says what: two nodes may change a
/// setting at the same time, and tell of it in the other order. Calls note from any thread, one loop reads; the lock
/// keeps what waits. Full (65,536 users and chats) means that the user's sessions come back, and read it then.
/// </summary>
internal sealed class SettingsNews(SessionServices services, StoreCalls calls)
{
    private const int WaitingMax = 65_536;
    private const int ReadsAtOnce = 16;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private HashSet<(UserId User, ChatId Chat)> _waiting = [];

    public void Note(UserId user, ChatId chat)
    {
        lock (_lock)
            if (_waiting.Contains((user, chat)) || _waiting.Count < WaitingMax)
            {
                _waiting.Add((user, chat));
                return;
            }

        foreach (var device in services.Directory.Of(user)) device.Outbox.Close(CloseCode.Rebalance);
    }

    /// <summary>Reads and tells until it is stopped.</summary>
    public Task RunAsync(CancellationToken stoppingToken) =>
        Loops.EveryAsync(Interval, services.Time, TurnAsync, stoppingToken);

    private async Task TurnAsync(CancellationToken cancellationToken)
    {
        HashSet<(UserId User, ChatId Chat)> taken;
        lock (_lock)
        {
            if (_waiting.Count == 0) return;
            taken = _waiting;
            _waiting = [];
        }

        foreach (var some in taken.Chunk(ReadsAtOnce))
            await Task.WhenAll(some.Select(one => calls.ReadAsync(one, TellAsync, cancellationToken).AsTask()));
    }

    private async ValueTask<bool> TellAsync((UserId User, ChatId Chat) one, CancellationToken cancellationToken)
    {
        var settings = await services.Identities.Settings.ReadSettingsAsync(one.User, one.Chat, cancellationToken);
        if (settings is not null) await new OwnSettings(services, one.User).TellAllAsync(settings, cancellationToken);
        return settings is not null;
    }
}
