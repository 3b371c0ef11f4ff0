using LiveChat.Core.Presence;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Running;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Presence;

/// <summary>What <see cref="ISharedPresence"/> promises, checked of every implementation through the store that each
/// node has on it: that of a single store, and what two nodes see of each other. The test turns both loops.</summary>
public abstract class SharedPresenceContract : PresenceStoreContract, IAsyncLifetime
{
    private const int TurnsMax = 3_000;
    private static readonly UserId Ann = UserId.Parse("ann");
    private static readonly UserId Bob = UserId.Parse("bob");
    private readonly List<UserId> _toldHere = [];
    private SharedPresenceStore? _here;
    private SharedPresenceStore? _there;

    protected FakeTimeProvider Time { get; } = new();

    private protected override IPresenceStore Store => Here;

    private protected override bool TellsAtTheBeginning => true;

    private protected SharedPresenceStore Here => _here!;

    private protected SharedPresenceStore There => _there!;

    public async ValueTask InitializeAsync() => await SetUp.OrEndAsync(this, static test => test.SetUpAsync());

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Who_is_on_two_nodes_and_leaves_one_is_never_offline_and_nothing_is_told()
    {
        await BeatAsync(Here, Ann, 60);
        await BeatAsync(There, Ann, 60);
        await ListenHereAsync(Ann);
        await There.DropAsync([Ann], default);
        Assert.Equal([true], await Here.ReadAsync([Ann], default));
        await PassAsync(TimeSpan.FromSeconds(2));
        Assert.Empty(ToldHere());
        await Here.DropAsync([Ann], default);
        Assert.Equal([false], await There.ReadAsync([Ann], default));
        await ToldHereAsync(Ann);
    }

    [Fact]
    public async Task Who_was_on_a_node_that_is_gone_is_offline_60_s_after_the_last_sign_and_that_is_told_within_5_s()
    {
        await BeatAsync(There, Ann, 45);
        await BeatAsync(There, Bob, 45);
        await BeatAsync(Here, Bob, 60);
        await ListenHereAsync(Ann, Bob);
        await PassAsync(TimeSpan.FromSeconds(44));
        Assert.Equal([true, true], await Here.ReadAsync([Ann, Bob], default));
        Assert.Empty(ToldHere());
        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal([false, true], await Here.ReadAsync([Ann, Bob], default));
        await PassAsync(TimeSpan.FromSeconds(4));
        Assert.Equal([Ann], ToldHere());
    }

    [Fact]
    public async Task A_node_hears_of_those_whom_it_follows_and_of_nobody_else()
    {
        UserId[] all = [.. Enumerable.Range(0, 3_000).Select(static i => UserId.Parse($"u{i}"))];
        var watched = all[..1_000];
        await ListenHereAsync(watched);
        foreach (var some in all.Chunk(500))
            Assert.True(await There.RefreshAsync(
                [.. some.Select(static user => new PresenceBeat(user, TimeSpan.FromSeconds(60)))], default));
        await UntilAsync(() => ToldHere().Length >= watched.Length);
        await SettleAsync();
        Assert.Equal(watched.Order(Comparer), ToldHere().Order(Comparer));
        await HasToldAsync("here", watched.Length);
        Assert.Equal((1_000, 0), (Here.Followed, There.Followed));
    }

    [Fact]
    public async Task Whatever_is_lost_nobody_is_shown_offline_for_it_and_all_is_right_again_within_a_heartbeat()
    {
        await BeatAsync(There, Ann, 60);
        await ListenHereAsync(Ann, Bob);
        await LoseAsync();

        // Before a probe has noticed it.
        await Assert.ThrowsAnyAsync<Exception>(() => Here.ReadAsync([Ann], default).AsTask());
        await UntilAsync(() => Here.Degraded is not null && There.Degraded is not null);
        await Assert.ThrowsAsync<PresenceDegradedException>(() => Here.ReadAsync([Ann, Bob], default).AsTask());

        // Both notice, and the other node says it again.
        foreach (var node in (SharedPresenceStore[])[Here, There])
            await UntilAsync(() => HasLostAsync(node));
        await BeatAsync(There, Ann, 60);
        for (var second = 0; second < 30 && Here.Degraded is not null; second++)
        {
            // Whatever is told, what is read for it is no answer.
            await Assert.ThrowsAsync<PresenceDegradedException>(() => Here.ReadAsync([Ann], default).AsTask());
            await PassAsync(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([true, false], await Here.ReadAsync([Ann, Bob], default));
        await UntilAsync(() => ToldHere().Contains(Ann) && ToldHere().Contains(Bob));
    }

    [Fact]
    public async Task A_loss_is_found_although_the_answer_to_the_probe_that_met_it_was_lost()
    {
        var table = Open("third");
        var before = await ProbeAsync(table);
        await LoseAsync();
        await ProbeAsync(table); // Nobody hears what it says.
        Assert.NotEqual(before, await ProbeAsync(table));
    }

    /// <summary>Once the table answers: it may just start.</summary>
    private static async Task<long> ProbeAsync(ISharedPresence table)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await table.ProbeAsync(default);
            }
            catch (Exception) when (attempt < TurnsMax)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            }
        }
    }

    private static async Task<bool> HasLostAsync(SharedPresenceStore store)
    {
        try
        {
            return !await store.RefreshAsync([], default);
        }
        catch (PresenceDegradedException)
        {
            return false; // The table is away.
        }
    }

    /// <summary>Makes the table ready.</summary>
    protected virtual Task BeginAsync() => Task.CompletedTask;

    /// <summary>The table as a node sees it.</summary>
    private protected abstract ISharedPresence Open(string node);

    /// <summary>Lets time pass for the table.</summary>
    protected abstract Task PassForTableAsync(TimeSpan time);

    /// <summary>All that the table has is lost.</summary>
    protected abstract Task LoseAsync();

    /// <summary>How much news was told to a node, as the table counts it.</summary>
    protected abstract Task HasToldAsync(string node, int count);

    protected override async Task PassAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(1))
        {
            await PassForTableAsync(TimeSpan.FromSeconds(1));
            Time.Advance(TimeSpan.FromSeconds(1));
            await SettleAsync();
        }
    }

    protected override async Task SettleAsync()
    {
        await Here.TurnAsync(default);
        await There.TurnAsync(default);
    }

    protected Task UntilAsync(Func<bool> isSo) => UntilAsync(() => Task.FromResult(isSo()));

    protected async Task UntilAsync(Func<Task<bool>> isSo)
    {
        for (var turns = 0; !await isSo(); turns++)
        {
            Assert.True(turns < TurnsMax, "It did not come to be.");
            await SettleAsync();
        }
    }

    private async Task SetUpAsync()
    {
        await BeginAsync();
        (_here, _there) = (NodeOn(Open("here")), NodeOn(Open("there")));
        await UntilAsync(() => Here.Degraded is null && There.Degraded is null);
    }

    private SharedPresenceStore NodeOn(ISharedPresence table) =>
        new(table, new PresenceCalls(Time, NullLogger<PresenceCalls>.Instance), Time);

    private async Task ListenHereAsync(params UserId[] users)
    {
        Here.Listen(user =>
        {
            lock (_toldHere) _toldHere.Add(user);
        });
        Here.Watch(users, []);
        await UntilAsync(() => ToldHere().Length >= users.Length);
        lock (_toldHere) _toldHere.Clear();
    }

    private UserId[] ToldHere()
    {
        lock (_toldHere) return [.. _toldHere];
    }

    private async Task ToldHereAsync(params UserId[] users)
    {
        await UntilAsync(() => ToldHere().Length >= users.Length);
        Assert.Equal(users.Order(Comparer), ToldHere().Order(Comparer));
    }

    private static Comparer<UserId> Comparer { get; } =
        Comparer<UserId>.Create(static (one, other) => string.CompareOrdinal(one.Value, other.Value));

    private static async Task BeatAsync(SharedPresenceStore store, UserId user, int seconds) =>
        await store.RefreshAsync([new PresenceBeat(user, TimeSpan.FromSeconds(seconds))], default);
}
