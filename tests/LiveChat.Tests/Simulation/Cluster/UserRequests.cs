using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// What a user does over HTTP, a row for each route by its name. The request comes to the actor's node, and the user's
/// device is on another, or on the same: what the request changes is seen by the device, and by the actor. The rows go
/// on from one to the next.
/// </summary>
internal static class UserRequests
{
    private const string Third = "u2";

    public static IReadOnlyDictionary<string, Func<Stage, string, Task>> All { get; } =
        new Dictionary<string, Func<Stage, string, Task>>
        {
            ["listChats"] = ListChatsAsync,
            ["createChat"] = CreateChatAsync,
            ["getChat"] = GetChatAsync,
            ["updateChat"] = static (stage, chat) =>
                ChangeAsync(stage, new ChatUpdate { Chat = chat, ClientId = stage.Key(), Title = stage.Key() }),
            ["addMembers"] = AddMemberAsync,
            ["setMemberRole"] = SetMemberRoleAsync,
            ["removeMember"] = RemoveMemberAsync,
            ["listMessages"] = static (stage, chat) => ReadAsync(stage, chat, new HistoryGet { Chat = chat }),
            ["sendMessage"] = SayAsync,
            ["getMessage"] = static (stage, chat) =>
                ReadAsync(stage, chat, new HistoryGet { Chat = chat, Limit = 1 }),
            ["editMessage"] = EditAsync,
            ["deleteMessage"] = DeleteAsync,
            ["setReaction"] = static (stage, chat) => ReactAsync(stage, chat, isOn: true),
            ["clearReaction"] = static (stage, chat) => ReactAsync(stage, chat, isOn: false),
            ["listEvents"] = static (stage, chat) =>
                ReadAsync(stage, chat, new HistoryGet { Chat = chat, View = HistoryViews.Events }),
            ["raiseMarkers"] = MarkAsync,
            ["updateOwnSettings"] = SetAsync,
            ["setTyping"] = TypeAsync,
            ["sync"] = SyncAsync,
            ["getPresence"] = GetPresenceAsync,
            ["getOwnPresence"] = static (stage, _) => ShowAsync(stage, isVisible: null, isShown: true),
            ["setOwnPresence"] = HideAsync,
        };

    /// <summary>Each of them, one after the other.</summary>
    public static async Task MakeAllAsync(Stage stage, string chat)
    {
        await Stage.AskAsync<Ack>(
            stage.Actor,
            new MemberRole { Chat = chat, ClientId = stage.Key(), User = "u1", Role = MemberRoles.Admin });
        foreach (var (_, make) in All)
        {
            await make(stage, chat);
            await stage.PassAsync(1); // Not faster than a user may be.
        }
    }

    /// <summary>The pages of a full sync, as a node without a session of the user answers it.</summary>
    public static async Task<List<ChatSummary>> SyncAsync(Stage stage, int node, UserId user)
    {
        var (items, cursor) = (new List<ChatSummary>(), (string?)null);
        do
        {
            var page = await AskAsync<Sync>(stage, node, user, new SyncGet { Cursor = cursor });
            items.AddRange(page.Items);
            cursor = page.Next;
        }
        while (cursor is not null);
        return items;
    }

    /// <summary>The answer of a node to a request, which is the wanted one.</summary>
    public static async Task<TAnswer> AskAsync<TAnswer>(Stage stage, int node, UserId user, ClientFrame command)
        where TAnswer : ServerFrame
    {
        var answer = await stage.AtAsync(node, async there => await there.AskAsync(
            user, command, isByServerKey: false, CancellationToken.None));
        return answer as TAnswer
            ?? throw new SimulationException($"Node {node} answers {answer} to {command} of {user}.");
    }

    private static Task<TAnswer> AskAsync<TAnswer>(Stage stage, ClientFrame command)
        where TAnswer : ServerFrame =>
        AskAsync<TAnswer>(stage, stage.Here, stage.Other.User, command);

    /// <summary>A change that is acknowledged, and that both devices are told.</summary>
    private static async Task<Ack> ChangeAsync(Stage stage, ChangeCommand command)
    {
        var done = await AskAsync<Ack>(stage, command);
        foreach (var device in (SimulatedDevice[])[stage.Actor, stage.Other])
            await stage.UntilAsync(() => device.Presence.Sent(done.Chat) >= done.Seq, $"{device.Name} is told {done}");
        return done;
    }

    private static Task<Ack> SayAsync(Stage stage, string chat) => ChangeAsync(stage, stage.Say(chat));

    private static async Task ListChatsAsync(Stage stage, string chat)
    {
        var said = await SayAsync(stage, chat);
        var list = await AskAsync<ChatList>(stage, new ChatsGet { Limit = 100 });
        stage.World.Require(
            list.Items.Any(item => item.Chat == chat && item.HeadSeq >= said.Seq), $"The list has no {said}.");
    }

    private static async Task CreateChatAsync(Stage stage, string chat) => await ChangeAsync(
        stage, new ChatCreate { ClientId = stage.Key(), Title = "Another", Members = ["u0"] });

    private static async Task GetChatAsync(Stage stage, string chat)
    {
        var said = await SayAsync(stage, chat);
        var details = await AskAsync<ChatDetails>(stage, new ChatGet { Chat = chat });
        stage.World.Require(details.HeadSeq >= said.Seq, $"The chat is at {details.HeadSeq}, after {said}.");
    }

    private static async Task AddMemberAsync(Stage stage, string chat) =>
        await ChangeAsync(stage, new MemberAdd { Chat = chat, ClientId = stage.Key(), Users = [Third] });

    private static async Task SetMemberRoleAsync(Stage stage, string chat)
    {
        var owner = await AskAsync<ErrorFrame>(
            stage,
            new MemberRole { Chat = chat, ClientId = stage.Key(), User = "u0", Role = MemberRoles.Member });
        stage.World.Require(owner.Problem.Code == ErrorCode.Forbidden, $"An admin is answered {owner.Problem.Code}.");
        var created = await ChangeAsync(
            stage, new ChatCreate { ClientId = stage.Key(), Title = "Own", Members = ["u0"] });
        await ChangeAsync(
            stage,
            new MemberRole { Chat = created.Chat, ClientId = stage.Key(), User = "u0", Role = MemberRoles.Admin });
    }

    private static async Task RemoveMemberAsync(Stage stage, string chat) =>
        await ChangeAsync(stage, new MemberRemove { Chat = chat, ClientId = stage.Key(), User = Third });

    private static async Task ReadAsync(Stage stage, string chat, HistoryGet read)
    {
        var said = await SayAsync(stage, chat);
        var page = await AskAsync<Page>(stage, read with { AfterSeq = said.Seq - 1, MinSeq = said.Seq });
        stage.World.Require(
            page.HeadSeq >= said.Seq && page.Items.Any(item => item.Seq == said.Seq),
            $"A page up to {page.HeadSeq} has no {said}.");
    }

    private static async Task EditAsync(Stage stage, string chat)
    {
        var said = await SayAsync(stage, chat);
        var body = new MessageBody { Text = "other" };
        await ChangeAsync(
            stage, new MessageEdit { Chat = chat, ClientId = stage.Key(), Target = said.Seq, Body = body });
    }

    private static async Task DeleteAsync(Stage stage, string chat)
    {
        var said = await SayAsync(stage, chat);
        await ChangeAsync(stage, new MessageDelete { Chat = chat, ClientId = stage.Key(), Target = said.Seq });
    }

    private static async Task ReactAsync(Stage stage, string chat, bool isOn)
    {
        var said = await SayAsync(stage, chat);
        foreach (var on in isOn ? (bool[])[true] : [true, false])
            await ChangeAsync(
                stage,
                new ReactionSet
                {
                    Chat = chat, ClientId = stage.Key(), Target = said.Seq, Emoji = "+1", On = on,
                });
    }

    private static async Task MarkAsync(Stage stage, string chat)
    {
        var said = await Stage.AskAsync<Ack>(stage.Actor, stage.Say(chat));
        await stage.UntilAsync(() => stage.Other.Presence.Sent(chat) >= said.Seq, $"the other is told {said}");
        stage.Tries("u1", chat, said.Seq);
        await AskAsync<Ack>(stage, new Mark { Chat = chat, Read = said.Seq });
        foreach (var device in (SimulatedDevice[])[stage.Actor, stage.Other])
            await stage.UntilAsync(
                () => device.View.Receipts.Exists(told =>
                    told.Chat == chat && told.Item.User == "u1" && told.Item.Read == said.Seq),
                $"{device.Name} is told that the other has read {said.Seq}");
    }

    private static async Task SetAsync(Stage stage, string chat)
    {
        foreach (var isPinned in (bool[])[true, false])
        {
            await AskAsync<Mine>(stage, new MineSet { Chat = chat, Pinned = isPinned });
            await stage.UntilAsync(
                () => stage.Other.View.Settings.GetValueOrDefault(chat)?.Pinned == isPinned,
                $"the other's device is told that {chat} is pinned: {isPinned}");
        }
    }

    /// <summary>Nothing is answered to it.</summary>
    private static async Task TypeAsync(Stage stage, string chat)
    {
        stage.World.Typing.Types(stage.Other, chat);
        await stage.AtAsync(stage.Here, async node => await node.AskAsync(
            stage.Other.User, new Typing { Chat = chat, On = true }, isByServerKey: true, CancellationToken.None));
        await stage.UntilAsync(() => SeesTyping(), "the actor sees the other type");
        await stage.UntilAsync(() => !SeesTyping(), "it ends by itself", seconds: 9);

        bool SeesTyping() => stage.Actor.View.Typing.GetValueOrDefault(chat, []).Contains("u1");
    }

    /// <summary>Behind a barrier, so that it has what was changed anywhere before.</summary>
    private static async Task SyncAsync(Stage stage, string chat)
    {
        var said = await SayAsync(stage, chat);
        var items = await SyncAsync(stage, stage.Here, stage.Other.User);
        stage.World.Require(
            items.Exists(item => item.Chat == chat && item.HeadSeq >= said.Seq), $"The sync has no {said}.");
    }

    private static async Task GetPresenceAsync(Stage stage, string chat)
    {
        var list = await AskAsync<PresenceList>(
            stage, stage.Here, stage.Actor.User, new PresenceGet { Chat = chat, Users = ["u1"] });
        stage.World.Require(
            list.Items is [{ Online: true }], $"Of the other it is said: {string.Join(' ', list.Items)}.");
    }

    private static async Task HideAsync(Stage stage, string chat)
    {
        await stage.Actor.ReadyAsync();
        await stage.Actor.Presence.WatchAsync(chat, ["u1"]);
        foreach (var isVisible in (bool[])[false, true])
        {
            var setting = stage.World.Presence.BeginSetting(stage.Other.User, isVisible);
            await ShowAsync(stage, isVisible, isVisible);
            setting.Done(stage.World.Time.GetUtcNow());
            await stage.UntilAsync(
                () => stage.Actor.Presence.Believed.GetValueOrDefault("u1")?.Online == isVisible,
                $"the actor is told that the other is shown: {isVisible}");
        }
    }

    private static async Task ShowAsync(Stage stage, bool? isVisible, bool isShown)
    {
        var setting = await AskAsync<PresenceSetting>(stage, new PresenceSet { Visible = isVisible });
        stage.World.Require(setting.Visible == isShown, $"The other's presence is shown: {setting.Visible}.");
    }
}
