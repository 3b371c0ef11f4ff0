using LiveChat.Core.Identities;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Tests.Identities;

/// <summary>What <see cref="ILastSeenStore"/> promises, checked of every implementation.</summary>
public abstract class LastSeenStoreContract
{
    private static int _tests;

    /// <summary>In front of every name: implementations may keep what other tests wrote.</summary>
    private readonly string _test = $"{Interlocked.Increment(ref _tests)}-";

    private UserId Ann => UserId.Parse(_test + "ann");

    private UserId Bob => UserId.Parse(_test + "bob");

    private protected abstract ILastSeenStore Store { get; }

    /// <summary>Closes the store and opens it again.</summary>
    protected abstract Task RestartAsync();

    [Fact]
    public async Task What_was_raised_is_there_after_a_restart_and_unknown_users_have_nothing()
    {
        await Store.RaiseLastSeenAsync([new LastSeen(Bob, 7)], default);
        await RestartAsync();
        Assert.Equal([0, 7], await Store.ReadLastSeenAsync([Ann, Bob], default));
    }

    [Fact]
    public async Task A_lower_time_has_no_effect()
    {
        await Store.RaiseLastSeenAsync([new LastSeen(Ann, 5), new LastSeen(Bob, 7)], default);
        await Store.RaiseLastSeenAsync([new LastSeen(Bob, 6), new LastSeen(Ann, 9)], default);
        Assert.Equal([9, 7], await Store.ReadLastSeenAsync([Ann, Bob], default));
    }
}
