using LiveChat.Core.Presence;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Tests.Presence;

/// <summary>What <see cref="IPresenceStore"/> promises, checked of every implementation.</summary>
public abstract class PresenceStoreContract
{
    private static readonly UserId Ann = UserId.Parse("ann");
    private static readonly UserId Bob = UserId.Parse("bob");
    private readonly List<UserId> _told = [];

    private protected abstract IPresenceStore Store { get; }

    /// <summary>Lets so much time pass, and the store do what is due.</summary>
    protected abstract Task PassAsync(TimeSpan time);

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
        Store.Listen(_told.Add);
        await BeatAsync(Ann, 60);
        await BeatAsync(Ann, 60);
        Assert.Equal([Ann], _told);
        await PassAsync(TimeSpan.FromSeconds(61));
        Assert.Equal([Ann, Ann], _told);
        await BeatAsync(Ann, 60);
        Assert.Equal([Ann, Ann, Ann], _told);
        await Store.AnnounceAsync(Bob, default);
        Assert.Equal(Bob, _told[^1]);
    }

    [Fact]
    public async Task A_dropped_user_is_offline_at_once_and_comes_back_with_the_next_beat()
    {
        await BeatAsync(Ann, 60);
        await PassAsync(TimeSpan.FromSeconds(20));
        Store.Listen(_told.Add);
        await Store.DropAsync([Ann], default);
        Assert.Equal([false], await Store.ReadAsync([Ann], default));
        await BeatAsync(Ann, 60);
        Assert.Equal([true], await Store.ReadAsync([Ann], default));
        Assert.Equal([Ann, Ann], _told);
        await PassAsync(TimeSpan.FromSeconds(50)); // When the first beat would be over.
        Assert.Equal([true], await Store.ReadAsync([Ann], default));
        await PassAsync(TimeSpan.FromSeconds(11));
        Assert.Equal([false], await Store.ReadAsync([Ann], default));
        Assert.Equal([Ann, Ann, Ann], _told);
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

    private ValueTask BeatAsync(UserId user, int seconds) =>
        Store.RefreshAsync([new PresenceBeat(user, TimeSpan.FromSeconds(seconds))], default);
}
