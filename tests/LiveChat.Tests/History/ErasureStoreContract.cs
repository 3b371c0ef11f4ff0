using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using Xunit;

namespace LiveChat.Tests.History;

/// <summary>What <see cref="IErasureStore"/> promises, checked of every implementation.</summary>
public abstract class ErasureStoreContract() : RemovalStoreContract("erasure", 500_000_000)
{
    private IErasureStore Store => Open.Erasures;

    [Fact]
    public async Task Of_two_beginnings_the_first_stays_also_after_a_restart()
    {
        Assert.Empty(await Store.ReadAsync([Ann], default));
        Assert.Equal(new Erasure(Ann, 7_000), await Store.BeginAsync(Ann, 7_000, default));
        await Open.RestartAsync();
        Assert.Equal(new Erasure(Ann, 7_000), await Store.BeginAsync(Ann, 8_000, default));
        Assert.Equal([new Erasure(Ann, 7_000)], await Store.ReadAsync([Ann], default));
        Assert.Empty(await Store.ReadAsync([Anna], default));
    }

    [Fact]
    public async Task Of_many_users_those_who_are_erased_are_read_in_the_order_that_was_asked_for()
    {
        var others = Enumerable.Range(0, 200).Select(number => UserId.Parse($"{Ann.Value}-{number}")).ToList();
        foreach (var user in (UserId[])[Ann, others[150], Anna]) await Store.BeginAsync(user, 7_000, default);
        var read = await Store.ReadAsync([.. others, Anna, Ann], default);
        Assert.Equal([others[150], Anna, Ann], read.Select(static erasure => erasure.User));
        Assert.Empty(await Store.ReadAsync([], default));

        // For those who come behind this test.
        foreach (var erasure in read)
            await Store.SaveAsync(erasure with { TouchedMs = 7_100, FinishedMs = 7_100 }, default);
    }

    [Fact]
    public async Task An_erasure_is_open_until_it_is_saved_as_finished_and_stays_what_it_became()
    {
        await Store.BeginAsync(Ann, 7_000, default);
        await Store.BeginAsync(Anna, 7_001, default);
        Assert.Equal([Ann, Anna], await OpenAsync(default));
        var worked = new Erasure(Ann, 7_000) { TouchedMs = 7_100, Chats = 2, Messages = 30, Reactions = 4 };
        await Store.SaveAsync(worked, default);
        Assert.Equal([Ann, Anna], await OpenAsync(default));
        var finished = worked with { TouchedMs = 7_200, FinishedMs = 7_200, Messages = 31 };
        await Store.SaveAsync(finished, default);
        await Open.RestartAsync();
        Assert.Equal([Anna], await OpenAsync(default));
        Assert.Equal([finished], await Store.ReadAsync([Ann], default));
        Assert.Equal(finished, await Store.BeginAsync(Ann, 9_000, default));
        Assert.Equal([Anna], await OpenAsync(default));

        // For those who come behind this test.
        await Store.SaveAsync(new Erasure(Anna, 7_001) { TouchedMs = 7_300, FinishedMs = 7_300 }, default);
    }

    [Fact]
    public async Task What_is_forgotten_of_a_chat_is_in_no_read_and_others_keep_what_they_have()
    {
        await TellAsync(Chat);
        await TellAsync(Other);
        await Store.ForgetChatAsync(Ann, Chat, default);
        await Store.ForgetChatAsync(Ann, Chat, default);
        await Open.RestartAsync();

        Assert.Null(await Open.Users.ReadUserChatAsync(Ann, Chat, default));
        Assert.Equal([Other], await ChatsOfAsync(Ann));
        Assert.Equal([Other], await PlacesOfAsync(Ann));
        Assert.Empty(await Open.History.ReadStaysAsync(Chat, Ann, default));
        Assert.Equal([Anna], (await MarkersAsync(Chat)).Select(static marker => marker.User));
        Assert.Single(await Open.History.ReadStaysAsync(Other, Ann, default));
        Assert.Equal(2, (await MarkersAsync(Other)).Count);

        Assert.Equal([Chat, Other], await ChatsOfAsync(Anna));
        Assert.Equal([Other, Chat], await PlacesOfAsync(Anna));
        Assert.Single(await Open.History.ReadStaysAsync(Chat, Anna, default));
    }

    [Fact]
    public async Task What_is_forgotten_of_a_user_is_in_no_read_and_the_row_that_refuses_stays()
    {
        await TellAsync(Chat);
        var identities = Open.Identities;
        foreach (var user in (UserId[])[Ann, Anna])
        {
            await identities.Users.TouchDeviceAsync(user, "phone", 5, default);
            await identities.Users.RevokeDeviceAsync(user, "tablet", 6, default);
            await identities.Users.ChangeUserAsync(user, new UserChange { IsDisabled = true }, 7, default);
            await identities.LastSeen.RaiseLastSeenAsync([new LastSeen(user, 8)], default);
            foreach (var chat in (ChatId[])[Chat, Other])
                await identities.Settings.ChangeSettingsAsync(
                    user, chat, new ChatSettingsChange(9, IsPinned: true), 9, default);
        }

        await Store.ForgetUserAsync(Ann, default);
        await Store.ForgetUserAsync(Ann, default);
        await Open.RestartAsync();

        identities = Open.Identities;
        Assert.Empty(await ChatsOfAsync(Ann));
        Assert.Empty(await PlacesOfAsync(Ann));
        Assert.Empty(await identities.Users.ReadDevicesAsync(Ann, default));
        Assert.Equal([0, 8], await identities.LastSeen.ReadLastSeenAsync([Ann, Anna], default));
        Assert.Empty(await identities.Settings.ReadSettingsSinceAsync(Ann, 0, 10, default));
        Assert.Null(await identities.Settings.ReadSettingsAsync(Ann, Chat, default));
        Assert.True((await identities.Users.ReadAccessAsync(Ann, null, default)).IsDisabled);

        Assert.Equal([Chat], await ChatsOfAsync(Anna));
        Assert.Equal(2, (await identities.Users.ReadDevicesAsync(Anna, default)).Count);
        Assert.Equal(2, (await identities.Settings.ReadSettingsSinceAsync(Anna, 0, 10, default)).Count);
    }

    /// <summary>A chat in which both wrote and marked, and which Ann has left.</summary>
    private async Task TellAsync(ChatId chat)
    {
        var offset = chat == Chat ? 0 : 10;
        var events = ChatEvents.Of(
            [
                Records.Created(Anna.Value, offset + 1, Ann.Value), Records.Message(Ann.Value, offset + 2),
                Records.Message(Anna.Value, offset + 3), Records.Remove(Ann.Value, offset + 4, Ann.Value),
                Records.Message(Anna.Value, offset + 5),
            ],
            chat.Value);
        if (chat == Other)
            events = ChatEvents.Of(
                [.. events.Select(static e => e.Record), Records.Message(Anna.Value, offset + 6)], chat.Value);
        await Open.History.WriteAsync([HistoryRowsBuilder.Build(events)], default);
        await Open.Users.RaiseMarkersAsync(
            [new MarkerRaise(chat, Ann, 2, 2, 1, 50), new MarkerRaise(chat, Anna, 3, 3, 2, 60)], default);
    }

    private async Task<IReadOnlyList<Marker>> MarkersAsync(ChatId chat) =>
        await Open.Users.ReadMarkersAsync(chat, [Ann, Anna], default);

    private async Task<IEnumerable<ChatId>> ChatsOfAsync(UserId user) =>
        (await Open.Users.ReadUserChatsAsync(user, default, 10, default)).Select(static row => row.Chat);

    private async Task<IEnumerable<ChatId>> PlacesOfAsync(UserId user) =>
        (await Open.Users.ReadChatsByTimeAsync(user, ChatOrder.Heads, ChatPlace.Start, 10, default))
        .Select(static placed => placed.Row.Chat);

    /// <summary>Those of this test, in the order of their names.</summary>
    private async Task<IEnumerable<UserId>> OpenAsync(CancellationToken cancellationToken) =>
        (await Store.ReadOpenAsync(100, cancellationToken)).Select(static erasure => erasure.User)
        .Where(IsOfTest)
        .OrderBy(static user => user.Value, StringComparer.Ordinal);
}
