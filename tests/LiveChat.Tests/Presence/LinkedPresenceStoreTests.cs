using LiveChat.Core.Links;
using LiveChat.Core.Presence;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Presence;

/// <summary>Presence that nodes tell each other: the contract holds of what a node says and reads itself.</summary>
public sealed class LinkedPresenceStoreTests : PresenceStoreContract
{
    private static readonly UserId Ann = UserId.Parse("ann");
    private static readonly UserId Bob = UserId.Parse("bob");
    private readonly FakeTimeProvider _time = new();
    private readonly TimingWheel _wheel;
    private readonly LinkedPresenceStore _here;
    private readonly LinkedPresenceStore _there;
    private readonly List<UserId> _toldThere = [];
    private readonly LinkHello _hello = new() { Node = "here", Incarnation = 1 };

    public LinkedPresenceStoreTests()
    {
        _wheel = new TimingWheel(_time);
        _here = new LinkedPresenceStore(_wheel, _time);
        _there = new LinkedPresenceStore(_wheel, _time);
        _there.Listen(_toldThere.Add);
    }

    private protected override IPresenceStore Store => _here;

    [Fact]
    public async Task Who_was_online_before_a_call_begins_is_told_with_it_and_each_change_behind()
    {
        await BeatAsync(_here, Ann, 30);
        Call();
        Assert.Equal([true, false], await _there.ReadAsync([Ann, Bob], default));
        await BeatAsync(_here, Bob, 60);
        await _here.DropAsync([Ann], default);
        Assert.Equal([false, true], await _there.ReadAsync([Ann, Bob], default));
        await _here.AnnounceAsync(Bob, default);
        Assert.Equal([Ann, Bob, Ann, Bob], _toldThere);
    }

    [Fact]
    public async Task The_users_of_a_node_that_is_gone_are_offline_60_s_after_their_last_sign_and_that_is_told()
    {
        Call();
        await BeatAsync(_here, Ann, 60);
        _here.End(this);
        _toldThere.Clear();
        await PassAsync(TimeSpan.FromSeconds(59));
        Assert.Equal([true], await _there.ReadAsync([Ann], default));
        await PassAsync(TimeSpan.FromSeconds(2));
        Assert.Equal([false], await _there.ReadAsync([Ann], default));
        Assert.Equal([Ann], _toldThere);
    }

    [Fact]
    public async Task Whom_the_whole_of_a_new_call_does_not_name_is_offline_and_that_is_told()
    {
        Call();
        await BeatAsync(_here, Ann, 60);
        await BeatAsync(_here, Bob, 60);
        _here.End(this);
        await _here.DropAsync([Ann], default);
        Assert.Equal([true, true], await _there.ReadAsync([Ann, Bob], default));
        _toldThere.Clear();
        Call();
        Assert.Equal([false, true], await _there.ReadAsync([Ann, Bob], default));
        Assert.Contains(Ann, _toldThere);
    }

    [Fact]
    public async Task What_comes_late_on_a_call_that_another_one_has_followed_counts_for_nothing()
    {
        var late = new List<LinkFrame>();
        _here.Begin(this, late.Add);
        await BeatAsync(_here, Ann, 60);
        _here.End(this);
        await _here.DropAsync([Ann], default);
        Call();
        foreach (var frame in late) _there.Take(_hello, frame.Signal.Presence);
        Assert.Equal([false], await _there.ReadAsync([Ann], default));
    }

    [Fact]
    public async Task A_user_who_is_on_two_nodes_is_online_until_both_say_otherwise()
    {
        Call();
        await BeatAsync(_here, Ann, 60);
        await BeatAsync(_there, Ann, 60);
        await _here.DropAsync([Ann], default);
        Assert.Equal([true], await _there.ReadAsync([Ann], default));
        await _there.DropAsync([Ann], default);
        Assert.Equal([false], await _there.ReadAsync([Ann], default));
    }

    [Fact]
    public async Task The_whole_of_many_users_comes_in_parts_and_counts_when_the_last_one_has_come()
    {
        var users = Enumerable.Range(0, 12_000).Select(static i => UserId.Parse($"u{i}")).ToArray();
        await _here.RefreshAsync(
            [.. users.Select(static user => new PresenceBeat(user, TimeSpan.FromSeconds(60)))], default);
        var frames = new List<LinkFrame>();
        _here.Begin(this, frames.Add);
        Assert.Equal(3, frames.Count);
        foreach (var frame in frames[..2]) _there.Take(_hello, frame.Signal.Presence);
        Assert.Equal([false], await _there.ReadAsync([users[0]], default));
        _there.Take(_hello, frames[2].Signal.Presence);
        Assert.Equal([true, true], await _there.ReadAsync([users[0], users[^1]], default));
    }

    protected override Task PassAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(1))
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _wheel.Advance();
        }

        return Task.CompletedTask;
    }

    private void Call() => _here.Begin(this, frame => _there.Take(_hello, frame.Signal.Presence));

    private static ValueTask<bool> BeatAsync(LinkedPresenceStore store, UserId user, int seconds) =>
        store.RefreshAsync([new PresenceBeat(user, TimeSpan.FromSeconds(seconds))], default);
}
