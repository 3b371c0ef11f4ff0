using LiveChat.Core.Identities;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Tests.Identities;

/// <summary>What the three ports of identities promise, checked of every implementation.</summary>
public abstract class IdentityStoreContract : IAsyncLifetime
{
    private static readonly ChatId[] Chats = [new(7), new(9), new(1UL << 62)];
    private static int _tests;

    /// <summary>In front of every name: implementations may keep what other tests wrote.</summary>
    private readonly string _test = $"{Interlocked.Increment(ref _tests)}-";

    private UserId Ann => User("ann");

    private UserId Bob => User("bob");

    private IIdentityStore Users => Ports.Users;

    private IApiKeyStore Keys => Ports.Keys;

    private IUserSettingsStore Settings => Ports.Settings;

    private protected abstract IdentityPorts Ports { get; }

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Closes the store and opens what it left behind.</summary>
    protected abstract Task RestartAsync();

    [Fact]
    public async Task A_user_is_created_by_the_first_sign_in_or_change_and_once_only()
    {
        Assert.Empty(await Users.ReadUsersAsync([Ann], default));
        await Users.TouchDeviceAsync(Ann, "phone", 5, default);
        await Users.ChangeUserAsync(Ann, new UserChange { Name = "Ann" }, 6, default);
        await Users.ChangeUserAsync(Bob, new UserChange(), 7, default);
        await Users.TouchDeviceAsync(Bob, "phone", 8, default);

        Assert.Equal(
            [new UserRow(Bob) { CreatedMs = 7 }, new UserRow(Ann) { CreatedMs = 5, Name = "Ann" }],
            await Users.ReadUsersAsync([Bob, User("an"), Ann], default));
    }

    [Fact]
    public async Task What_a_change_of_a_user_does_not_name_stays()
    {
        await Users.ChangeUserAsync(
            Ann, new UserChange { Name = "Änn", Custom = "{\"a\":1}", RevokedBeforeMs = 9 }, 1, default);
        await Users.ChangeUserAsync(Ann, new UserChange { IsDisabled = true }, 2, default);
        await Users.ChangeUserAsync(Ann, new UserChange { IsHidden = true, RevokedBeforeMs = 4 }, 3, default);
        var wanted = new UserRow(Ann)
        {
            CreatedMs = 1,
            Name = "Änn",
            Custom = "{\"a\":1}",
            IsDisabled = true,
            IsHidden = true,
            RevokedBeforeMs = 9,
        };
        Assert.Equal([wanted], await Users.ReadUsersAsync([Ann], default));
        await RestartAsync();
        Assert.Equal([wanted], await Users.ReadUsersAsync([Ann], default));

        Assert.Equal(
            wanted with { Name = null, IsDisabled = false },
            await Users.ChangeUserAsync(Ann, new UserChange { Name = "", IsDisabled = false }, 4, default));
    }

    [Fact]
    public async Task A_patch_is_merged_with_what_is_there_and_changes_nothing_where_that_is_too_long()
    {
        await Users.ChangeUserAsync(
            Ann, new UserChange { Name = "Ann", CustomPatch = """{"a":{"b":1}}""" }, 1, default);
        var row = await Users.ChangeUserAsync(
            Ann, new UserChange { CustomPatch = """{"a":{"c":2},"d":3}""" }, 2, default);
        Assert.Equal("""{"a":{"b":1,"c":2},"d":3}""", row!.Custom);
        var tooLong = $$"""{"x":"{{new string('x', 4_070)}}"}""";
        Assert.Null(await Users.ChangeUserAsync(
            Ann, new UserChange { Name = "No", CustomPatch = tooLong }, 3, default));
        Assert.Equal([row], await Users.ReadUsersAsync([Ann], default));
        row = await Users.ChangeUserAsync(Ann, new UserChange { CustomPatch = """{"a":null,"d":null}""" }, 4, default);
        Assert.Null(row!.Custom);
    }

    [Fact]
    public async Task A_revocation_alone_is_kept_and_makes_nobody()
    {
        var row = await Users.ChangeUserAsync(Ann, new UserChange { RevokedBeforeMs = 9 }, 5, default);
        Assert.False(row!.IsKnown);
        await RestartAsync();
        Assert.Empty(await Users.ReadUsersAsync([Ann], default));
        Assert.Equal(new AccessRow(false, false, 9), await Users.ReadAccessAsync(Ann, "phone", default));

        await Users.TouchDeviceAsync(Ann, "phone", 20, default);
        Assert.Equal(
            [new UserRow(Ann) { CreatedMs = 20, RevokedBeforeMs = 9 }], await Users.ReadUsersAsync([Ann], default));
        await Users.ChangeUserAsync(Bob, new UserChange { RevokedBeforeMs = 9 }, 5, default);
        await Users.ChangeUserAsync(Bob, new UserChange(), 30, default);
        Assert.Equal(
            [new UserRow(Bob) { CreatedMs = 30, RevokedBeforeMs = 9 }], await Users.ReadUsersAsync([Bob], default));
    }

    [Fact]
    public async Task Changes_at_the_same_time_lose_nothing()
    {
        await Task.WhenAll(Enumerable.Range(1, 16).Select(i => Task.Run(async () =>
        {
            await Users.TouchDeviceAsync(Ann, $"d{i}", i, default);
            await Users.ChangeUserAsync(
                Ann, i % 2 == 0 ? new UserChange { Name = "x" } : new UserChange { IsHidden = true }, i, default);
            await Users.ChangeUserAsync(Ann, new UserChange { RevokedBeforeMs = i }, i, default);
            await Settings.ChangeSettingsAsync(
                Ann, Chats[0], i % 2 == 0 ? new(i, null) : new(null, true), i, default);
        })));

        var row = Assert.Single(await Users.ReadUsersAsync([Ann], default));
        Assert.Equal(("x", true, 16), (row.Name, row.IsHidden, row.RevokedBeforeMs));
        Assert.Equal(16, (await Users.ReadDevicesAsync(Ann, default)).Count);
        var settings = await Settings.ReadSettingsAsync(Ann, Chats[0], default);
        Assert.True(settings is { IsPinned: true, MutedUntilMs: > 0, TimeMs: 16 });
    }

    [Fact]
    public async Task Devices_are_those_of_the_user_alone_and_revocations_only_rise()
    {
        await Users.TouchDeviceAsync(Ann, "phone", 5, default);
        await Users.TouchDeviceAsync(Ann, "phone", 6, default);
        await Users.TouchDeviceAsync(Ann, "laptop", 7, default);
        await Users.TouchDeviceAsync(User("ann.b"), "tv", 7, default);
        await Users.RevokeDeviceAsync(Ann, "phone", 20, default);
        await Users.RevokeDeviceAsync(Ann, "phone", 10, default);
        await Users.RevokeDeviceAsync(Ann, "never", 30, default);
        await RestartAsync();

        Assert.Equal(
            [new DeviceRow("laptop", 7, 0), new DeviceRow("never", 0, 30), new DeviceRow("phone", 6, 20)],
            await Users.ReadDevicesAsync(Ann, default));
        Assert.Empty(await Users.ReadDevicesAsync(Bob, default));
    }

    [Fact]
    public async Task Only_so_many_devices_are_kept_and_no_revocation_is_forgotten()
    {
        await Users.RevokeDeviceAsync(Ann, "d-0001", 9, default);
        for (var i = 0; i < IIdentityStore.DevicesMax + 2; i++)
            await Users.TouchDeviceAsync(Ann, $"d-{i:0000}", 100 + i, default);
        await Users.TouchDeviceAsync(Ann, "d-0002", 1_000, default);
        await Users.TouchDeviceAsync(Ann, "new", 1_001, default);
        await RestartAsync();

        var devices = await Users.ReadDevicesAsync(Ann, default);
        Assert.Equal(IIdentityStore.DevicesMax, devices.Count(static device => device.LastSeenMs > 0));
        Assert.Equal(new DeviceRow("d-0001", 0, 9), devices[0]);
        Assert.Equal(
            ["d-0001", "d-0002", "d-0004"], devices.Take(3).Select(static device => device.Device));
        Assert.Equal(9, (await Users.ReadAccessAsync(Ann, "d-0001", default)).RevokedBeforeMs);
    }

    [Fact]
    public async Task Access_is_what_the_user_and_the_device_have_to_pass()
    {
        Assert.Equal(default, await Users.ReadAccessAsync(Ann, "phone", default));
        await Users.RevokeDeviceAsync(Ann, "phone", 20, default);
        Assert.Equal(new AccessRow(false, false, 20), await Users.ReadAccessAsync(Ann, "phone", default));
        Assert.Equal(default, await Users.ReadAccessAsync(Ann, "phon", default));
        Assert.Equal(default, await Users.ReadAccessAsync(Ann, null, default));

        await Users.ChangeUserAsync(Bob, new UserChange(), 1, default);
        Assert.Equal(new AccessRow(true, false, 0), await Users.ReadAccessAsync(Bob, "phone", default));
        await Users.ChangeUserAsync(Ann, new UserChange { RevokedBeforeMs = 10, IsDisabled = true }, 1, default);
        Assert.Equal(new AccessRow(true, true, 20), await Users.ReadAccessAsync(Ann, "phone", default));
        Assert.Equal(new AccessRow(true, true, 10), await Users.ReadAccessAsync(Ann, "tv", default));
    }

    [Fact]
    public async Task A_key_is_added_once_and_stays_disabled()
    {
        var (first, second) = (Key(_test + "k1", "one"), Key(_test + "k2", "two"));
        Assert.True(await Keys.AddKeyAsync(second, default));
        Assert.True(await Keys.AddKeyAsync(first, default));
        Assert.False(await Keys.AddKeyAsync(first with { SecretHash = "cd" }, default));
        await Keys.TouchKeyAsync(_test + "k1", 9, default);
        Assert.True(await Keys.DisableKeyAsync(_test + "k2", default));
        Assert.False(await Keys.DisableKeyAsync(_test + "k", default));
        await Keys.TouchKeyAsync(_test + "k2", 8, default);
        await RestartAsync();

        Assert.Equal(
            [first with { LastUsedMs = 9 }, second with { LastUsedMs = 8, IsDisabled = true }],
            await Keys.ReadKeysAsync(default));
        Assert.Equal(first with { LastUsedMs = 9 }, await Keys.ReadKeyAsync(_test + "k1", default));
        foreach (var unknown in (string[])["", _test + "k", _test + "k11", new string('k', 10_000), _test + "k1\0"])
            Assert.Null(await Keys.ReadKeyAsync(unknown, default));
    }

    [Fact]
    public async Task Settings_are_kept_for_each_user_and_chat()
    {
        foreach (var chat in Chats.Reverse())
            await Settings.ChangeSettingsAsync(Ann, chat, new(null, true), 5, default);
        await Settings.ChangeSettingsAsync(Ann, Chats[1], new(long.MaxValue, null), 6, default);
        await Settings.ChangeSettingsAsync(User("ann.b"), Chats[1], new(1, false), 7, default);
        await RestartAsync();

        ChatSettings[] wanted =
            [new(Chats[0], 0, true, 5), new(Chats[1], long.MaxValue, true, 6), new(Chats[2], 0, true, 5)];
        foreach (var one in wanted) Assert.Equal(one, await Settings.ReadSettingsAsync(Ann, one.Chat, default));
        Assert.Null(await Settings.ReadSettingsAsync(Bob, Chats[1], default));
        Assert.Null(await Settings.ReadSettingsAsync(User("an"), Chats[1], default));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public async Task A_chat_is_hidden_up_to_a_number_of_messages_and_shown_again(long n)
    {
        await Settings.ChangeSettingsAsync(Ann, Chats[0], new(null, true), 5, default);
        await RestartAsync();
        Assert.Equal(ChatSettings.Shown, (await Settings.ReadSettingsAsync(Ann, Chats[0], default))!.HiddenN);
        await Settings.ChangeSettingsAsync(Ann, Chats[0], new(null, null, n), 6, default);
        await Settings.ChangeSettingsAsync(Ann, Chats[0], new(9, null), 7, default);
        await RestartAsync();
        var hidden = (await Settings.ReadSettingsAsync(Ann, Chats[0], default))!;
        Assert.Equal((n, true, 9L), (hidden.HiddenN, hidden.IsPinned, hidden.MutedUntilMs));
        Assert.Equal((true, false), (hidden.Hides(n, false), hidden.Hides(n + 1, false)));
        Assert.True(hidden.Hides(n + 1, awaitsUser: true));
        await Settings.ChangeSettingsAsync(Ann, Chats[0], new(null, null, ChatSettings.Shown), 8, default);
        Assert.False((await Settings.ReadSettingsAsync(Ann, Chats[0], default))!.Hides(0, awaitsUser: true));
    }

    [Fact]
    public async Task No_more_chats_are_pinned_than_may_be_also_at_the_same_time()
    {
        var chats = Enumerable.Range(1, Limits.PinsMax + 20).Select(static i => new ChatId((ulong)i)).ToArray();
        var pinned = await Task.WhenAll(chats.Select(chat =>
            Settings.ChangeSettingsAsync(Ann, chat, new(null, true), 5, default).AsTask()));
        Assert.Equal(Limits.PinsMax, pinned.Count(static settings => settings is not null));
        await RestartAsync();

        // What is pinned can be pinned again and changed; what is not needs the place of another, once.
        var (first, other) = (Array.FindIndex(pinned, static it => it is not null), Array.IndexOf(pinned, null));
        Assert.Null(await Settings.ReadSettingsAsync(Ann, chats[other], default));
        Assert.NotNull(await Settings.ChangeSettingsAsync(Ann, chats[first], new(9, true), 6, default));
        Assert.NotNull(await Settings.ChangeSettingsAsync(Ann, chats[other], new(9, null), 6, default));
        Assert.Null(await Settings.ChangeSettingsAsync(Ann, chats[other], new(null, true), 6, default));
        Assert.NotNull(await Settings.ChangeSettingsAsync(Bob, chats[other], new(null, true), 6, default));
        for (var again = 0; again < 2; again++)
            Assert.NotNull(await Settings.ChangeSettingsAsync(Ann, chats[first], new(null, false), 7, default));
        Assert.NotNull(await Settings.ChangeSettingsAsync(Ann, chats[other], new(null, true), 7, default));
        Assert.Null(await Settings.ChangeSettingsAsync(Ann, chats[first], new(null, true), 8, default));
    }

    [Fact]
    public async Task Settings_that_were_changed_since_come_latest_first()
    {
        await Settings.ChangeSettingsAsync(Ann, Chats[0], new(null, true), 5, default);
        await Settings.ChangeSettingsAsync(Ann, Chats[1], new(null, true), 6, default);
        await Settings.ChangeSettingsAsync(Ann, Chats[2], new(null, true), 7, default);
        await Settings.ChangeSettingsAsync(Ann, Chats[0], new(null, false), 8, default);
        await Settings.ChangeSettingsAsync(User("ann.b"), Chats[1], new(null, true), 9, default);
        await RestartAsync();
        async Task<ChatId[]> SinceAsync(long timeMs, int limit) =>
            [.. (await Settings.ReadSettingsSinceAsync(Ann, timeMs, limit, default)).Select(set => set.Chat)];
        var (all, some, first) = (await SinceAsync(0, 9), await SinceAsync(7, 9), await SinceAsync(0, 1));
        Assert.Equal([Chats[0], Chats[2], Chats[1]], all);
        Assert.Equal([Chats[0], Chats[2]], some);
        Assert.Equal([Chats[0]], first);
        Assert.Empty(await SinceAsync(9, 9));
    }

    private UserId User(string name) => UserId.Parse(_test + name);

    private static ApiKey Key(string id, string name) => new(id, name, "ab") { CreatedMs = 3 };
}
