using LiveChat.Core.Presence;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Tests.Presence;

/// <summary>What <see cref="IPresenceStore"/> promises, checked of every implementation.</summary>
public abstract class PresenceStoreContract
{
    private const int TurnsMax = 3_000;
    private static readonly UserId Ann = UserId.Parse("ann");
    private static readonly UserId Bob = UserId.Parse("bob");
    private readonly List<UserId> _told = [];

    private protected abstract IPresenceStore Store { get; }

    /// <summary>Lets so much time pass, and the store do what is due.</summary>
    protected abstract Task PassAsync(TimeSpan time);

    /// <summary>Whether the store tells of each user once when one begins to be watched.</summary>
    private protected virtual bool TellsAtTheBeginning => false;

    /// <summary>Lets the store tell what it has to tell.</summary>
    protected virtual Task SettleAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_user_is_online_for_the_time_of_a_beat_and_no_longer()
    {
        await BeatAsync(Ann, 60);
        Assert.Equal([true, false], await Store.ReadAsync([Ann, Bob], default));
        await PassAsync(TimeSpan.FromSeconds(59));
        Assert.Equal([true], await Store.ReadAsync([Ann], default));
        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal([false], await Store.ReadAsync([Ann], default));
    }

    [Fact]
    public async Task A_later_beat_prolongs_and_an_earlier_one_does_not_shorten()
    {
        await BeatAsync(Ann, 60);
        await PassAsync(TimeSpan.FromSeconds(30));
        await BeatAsync(Ann, 60);
        await BeatAsync(Ann, 10);
        await PassAsync(TimeSpan.FromSeconds(59));
        Assert.Equal([true], await Store.ReadAsync([Ann], default));
        await PassAsync(TimeSpan.FromSeconds(1));
        Assert.Equal([false], await Store.ReadAsync([Ann], default));
    }

    [Fact]
    public async Task A_beat_that_is_over_already_makes_nobody_online()
    {
        await BeatAsync(Ann, 0);
        await BeatAsync(Bob, -5);
        Assert.Equal([false, false], await Store.ReadAsync([Ann, Bob], default));
    }

    [Fact]
    public async Task Changes_are_told_and_repetitions_are_not()
    {
        await ListenAsync(Ann, Bob);
        await BeatAsync(Ann, 60);
        await BeatAsync(Ann, 60);
        await ToldAsync(Ann);
        await PassAsync(TimeSpan.FromSeconds(61));
        await ToldAsync(Ann, Ann);
        await BeatAsync(Ann, 60);
        await ToldAsync(Ann, Ann, Ann);
        await Store.AnnounceAsync(Bob, default);
        await ToldAsync(Ann, Ann, Ann, Bob);
    }

    [Fact]
    public async Task Of_a_user_who_is_watched_no_more_nothing_has_to_be_told_and_of_the_others_all()
    {
        await ListenAsync(Ann, Bob);
        Store.Watch([], [Ann]);
        Store.Watch([Ann], []);
        Store.Watch([], [Bob]);
        await SettleAsync();
        lock (_told) _told.Clear();
        await BeatAsync(Bob, 60);
        await BeatAsync(Ann, 60);
        for (var turn = 0; turn < TurnsMax && !Told().Contains(Ann); turn++) await SettleAsync();
        Assert.Contains(Ann, Told());
    }

    [Fact]
    public async Task A_dropped_user_is_offline_at_once_and_comes_back_with_the_next_beat()
    {
        await BeatAsync(Ann, 60);
        await PassAsync(TimeSpan.FromSeconds(20));
        await ListenAsync(Ann);
        await Store.DropAsync([Ann], default);
        Assert.Equal([false], await Store.ReadAsync([Ann], default));
        await ToldAsync(Ann);
        await BeatAsync(Ann, 60);
        Assert.Equal([true], await Store.ReadAsync([Ann], default));
        await ToldAsync(Ann, Ann);
        await PassAsync(TimeSpan.FromSeconds(50)); // When the first beat would be over.
        Assert.Equal([true], await Store.ReadAsync([Ann], default));
        await PassAsync(TimeSpan.FromSeconds(11));
        Assert.Equal([false], await Store.ReadAsync([Ann], default));
        await ToldAsync(Ann, Ann, Ann);
    }

    [Fact]
    public async Task A_drop_of_a_user_who_is_offline_already_is_told_too()
    {
        await ListenAsync(Ann);
        await Store.DropAsync([Ann], default);
        await ToldAsync(Ann);
    }

    [Fact]
    public async Task A_batch_of_256_is_one_call()
    {
        var users = Enumerable.Range(0, 256).Select(i => UserId.Parse($"u{i}")).ToArray();
        await Store.RefreshAsync(
            [.. users.Where((_, at) => at % 3 == 0).Select(user => new PresenceBeat(user, TimeSpan.FromSeconds(60)))],
            default);
        var read = await Store.ReadAsync(users, default);
        Assert.Equal(users.Select((_, at) => at % 3 == 0), read);
    }

    private async Task BeatAsync(UserId user, int seconds) => Assert.True(
        await Store.RefreshAsync([new PresenceBeat(user, TimeSpan.FromSeconds(seconds))], default));

    /// <summary>Watches users; what the beginning of that tells is not counted.</summary>
    private async Task ListenAsync(params UserId[] users)
    {
        Store.Listen(user =>
        {
            lock (_told) _told.Add(user);
        });
        Store.Watch(users, []);
        await UntilToldAsync(TellsAtTheBeginning ? users.Length : 0);
        lock (_told) _told.Clear();
    }

    private async Task ToldAsync(params UserId[] users)
    {
        await UntilToldAsync(users.Length);
        Assert.Equal(users, Told());
    }

    private async Task UntilToldAsync(int count)
    {
        for (var turn = 0; turn < TurnsMax && Told().Length < count; turn++) await SettleAsync();
        await SettleAsync();
    }

    private UserId[] Told()
    {
        lock (_told) return [.. _told];
    }
}
