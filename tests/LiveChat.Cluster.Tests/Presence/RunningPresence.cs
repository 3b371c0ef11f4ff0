using LiveChat.Cluster.Presence;
using LiveChat.Cluster.Tests.Log;
using LiveChat.Core.Presence;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Running;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.Cluster.Tests.Presence;

/// <summary>What a node has of presence in Redis, running: its loop, and beats of its users every second.</summary>
internal sealed class RunningPresence : IAsyncDisposable
{
    private static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly CancellationTokenSource _stop = new();
    private readonly RedisSharedPresence _table;
    private readonly IReadOnlyList<UserId> _users;
    private readonly Task _running;

    public RunningPresence(RedisOptions options, string node, params UserId[] users)
    {
        _users = users;
        _table = new RedisSharedPresence(options, node, "1", TimeProvider.System, Lines);
        Store = new SharedPresenceStore(
            _table, new PresenceCalls(TimeProvider.System, NullLogger<PresenceCalls>.Instance), TimeProvider.System);
        _running = Task.WhenAll(RunAsync(), BeatAsync());
    }

    public SharedPresenceStore Store { get; }

    public HeardLines Lines { get; } = new();

    /// <summary>Why Redis refuses; null while it does not.</summary>
    public string? Refused => _table.States.Single().Reason();

    /// <summary>Waits until presence is known.</summary>
    public static Task<RunningPresence> StartAsync(RedisOptions options, string node, params UserId[] users) =>
        SetUp.OrEndAsync(
            new RunningPresence(options, node, users),
            static presence => presence.UntilAsync(() => presence.IsOnlineAsync(presence._users)));

    /// <summary>Whether all of them are online; false while that is not known.</summary>
    public async Task<bool> IsOnlineAsync(IReadOnlyList<UserId> users) =>
        await TryReadAsync(users) is { } online && online.All(static isOnline => isOnline);

    /// <summary>Who of them is online; null while that is not known.</summary>
    public async Task<IReadOnlyList<bool>?> TryReadAsync(IReadOnlyList<UserId> users)
    {
        try
        {
            return await Store.ReadAsync(users, default);
        }
        catch (Exception e) when (e is PresenceDegradedException or StackExchange.Redis.RedisException
            or TimeoutException)
        {
            return null;
        }
    }

    public Task UntilAsync(Func<bool> isSo) => UntilAsync(() => Task.FromResult(isSo()));

    public async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!await isSo())
        {
            if (limit.IsCancellationRequested)
                Assert.Fail($"It did not come to be; {Store.Degraded} {Refused} {string.Join('\n', Lines.Lines)}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _table.DisposeAsync();
        Lines.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await Store.RunAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The test ends.
        }
    }

    private async Task BeatAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Store.RefreshAsync(
                    [.. _users.Select(static user => new PresenceBeat(user, PresenceLimits.Lifetime))], _stop.Token);
            }
            catch (Exception e) when (e is PresenceDegradedException or StackExchange.Redis.RedisException
                or TimeoutException or OperationCanceledException)
            {
                // The next one tries again.
            }

            await Task.Delay(BeatEvery, TimeProvider.System, _stop.Token)
                .ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }
}
