using LiveChat.Core.Identities;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// What a user does in a chat, and what others see of it: a row each. The actor is on one node, the second device and
/// the other user are on another, or on the same.
/// </summary>
internal static class UserActs
{
    public static IReadOnlyDictionary<string, Func<Stage, string, Task>> All { get; } =
        new Dictionary<string, Func<Stage, string, Task>>
        {
            ["a message is told to all devices and answered"] = SayAsync,
            ["an edit, a reaction and a delete act on a message of another node"] = ChangeAsync,
            ["a member who is removed and added is told"] = RemoveAsync,
            ["a read waits for what its client has"] = ReadAsync,
            ["a list shows what its user was answered"] = ListAsync,
            ["a list that is asked for on another node shows the change"] = ListElsewhereAsync,
            ["a command without a connection is answered"] = RequestAsync,
            ["a request comes to another node than that of the user's device"] = UserRequests.MakeAllAsync,
            ["typing begins and ends"] = TypeAsync,
            ["typing ends with a message, before it"] = TypeAndSayAsync,
            ["typing ends with the session"] = TypeAndLeaveAsync,
            ["typing without a connection is shown"] = TypeByRequestAsync,
            ["receipts are told to the others"] = MarkAsync,
            ["own marks are told to the own devices"] = OwnMarkAsync,
            ["own settings are told to the own devices"] = SetAsync,
            ["presence is asked for and watched"] = ComeAndGoAsync,
            ["who hides is shown to nobody"] = HideAsync,
            ["a backend asks another node than that of the user's device"] = BackendActs.AskAllAsync,
            ["a backend deletes a chat and all devices are told"] = DeleteAsync,
            ["a user who is disabled loses all sessions with one link cut"] = RevokeAsync,
        };

    private static async Task SayAsync(Stage stage, string chat)
    {
        var said = await Stage.AskAsync<Ack>(stage.Actor, stage.Say(chat));
        foreach (var device in (SimulatedDevice[])[stage.Actor, stage.Second, stage.Other])
            await stage.UntilAsync(() => device.Presence.Sent(chat) >= said.Seq, $"{device.Name} is told {said}");
        var answer = await Stage.AskAsync<Ack>(stage.Other, stage.Say(chat));
        await stage.UntilAsync(() => stage.Actor.Presence.Sent(chat) >= answer.Seq, $"the actor is told {answer}");
    }

    private static async Task ChangeAsync(Stage stage, string chat)
    {
        var said = await Stage.AskAsync<Ack>(stage.Other, stage.Say(chat));
        var mine = await Stage.AskAsync<Ack>(stage.Actor, stage.Say(chat));
        var thumb = new ReactionSet { Chat = chat, ClientId = stage.Key(), Target = said.Seq, Emoji = "+1", On = true };
        await Stage.AskAsync<Ack>(stage.Actor, thumb);
        var body = new MessageBody { Text = "other" };
        await Stage.AskAsync<Ack>(
            stage.Second, new MessageEdit { Chat = chat, ClientId = stage.Key(), Target = mine.Seq, Body = body });
        var last = await Stage.AskAsync<Ack>(
            stage.Actor, new MessageDelete { Chat = chat, ClientId = stage.Key(), Target = mine.Seq });
        await stage.UntilAsync(() => stage.Other.Presence.Sent(chat) >= last.Seq, $"the other is told {last}");
    }

    private static async Task RemoveAsync(Stage stage, string chat)
    {
        var gone = await Stage.AskAsync<Ack>(
            stage.Actor, new MemberRemove { Chat = chat, ClientId = stage.Key(), User = "u1" });
        await stage.UntilAsync(() => stage.Other.Presence.Sent(chat) >= gone.Seq, $"the other is told {gone}");
        var refused = await Stage.AskAsync<ErrorFrame>(stage.Other, stage.Say(chat));
        stage.World.Require(
            refused.Problem.Code == ErrorCode.NotFound, $"Who was removed is told {refused.Problem.Code}.");
        var back = await Stage.AskAsync<Ack>(
            stage.Actor, new MemberAdd { Chat = chat, ClientId = stage.Key(), Users = ["u1"] });
        await stage.UntilAsync(() => stage.Other.Presence.Sent(chat) >= back.Seq, $"the other is told {back}");
    }

    /// <summary>Also from a node that owns nothing of the chat; what comes behind is refused everywhere.</summary>
    private static async Task DeleteAsync(Stage stage, string chat)
    {
        var said = await Stage.AskAsync<Ack>(stage.Other, stage.Say(chat));
        var (deletion, problem) = await stage.AtAsync(
            stage.Here, node => node.ChatDeleter!.DeleteAsync(ChatOf(chat), CancellationToken.None));
        stage.World.Require(deletion is not null, $"The deletion of {chat} is answered {problem?.Code}.");
        SimulatedDevice[] devices = [stage.Actor, stage.Second, stage.Other];
        foreach (var device in devices)
            await stage.UntilAsync(
                () => device.View.Shown(chat) == said.Seq + 1, $"{device.Name} is told that {chat} is deleted");
        foreach (var device in devices)
        {
            var refused = await Stage.AskAsync<ErrorFrame>(device, stage.Say(chat));
            stage.World.Require(
                refused.Problem.Code == ErrorCode.NotFound, $"A late message is answered {refused.Problem.Code}.");
            var list = await Stage.AskAsync<ChatList>(device, new ChatsGet());
            stage.World.Require(
                !list.Items.Any(item => item.Chat == chat), $"The list of {device.Name} has the deleted {chat}.");
        }
    }

    private static ChatId ChatOf(string chat) => ChatId.TryParse(chat, out var id) ? id : default;

    private static async Task ReadAsync(Stage stage, string chat)
    {
        var said = await Stage.AskAsync<Ack>(stage.Actor, stage.Say(chat));
        foreach (var device in (SimulatedDevice[])[stage.Actor, stage.Second, stage.Other])
        {
            var page = await Stage.AskAsync<Page>(
                device, new HistoryGet { Chat = chat, AfterSeq = said.Seq - 1, MinSeq = said.Seq, View = "events" });
            stage.World.Require(
                page.HeadSeq >= said.Seq && page.Items.Any(item => item.Seq == said.Seq),
                $"{device.Name} reads up to {page.HeadSeq}, and wanted {said.Seq}.");
        }
    }

    private static async Task ListAsync(Stage stage, string chat)
    {
        var said = await Stage.AskAsync<Ack>(stage.Actor, stage.Say(chat));
        var list = await Stage.AskAsync<ChatList>(stage.Actor, new ChatsGet { Limit = 100 });
        stage.World.Require(
            list.Items.Any(item => item.Chat == chat && item.HeadSeq >= said.Seq),
            $"The list of the actor has no {said}: {string.Join(' ', list.Items)}.");
    }

    /// <summary>A sync has everything that was changed before; a list is behind by as much as history is.</summary>
    private static async Task ListElsewhereAsync(Stage stage, string chat)
    {
        foreach (var user in (UserId[])[stage.Actor.User, stage.Other.User])
        {
            var said = await Stage.AskAsync<Ack>(stage.Actor, stage.Say(chat));
            var items = await UserRequests.SyncAsync(stage, stage.There, user);
            stage.World.Require(IsIn(items, said), $"The sync of {user} has no {said}.");
            var list = await UserRequests.AskAsync<ChatList>(stage, stage.There, user, new ChatsGet { Limit = 100 });
            stage.World.Require(IsIn(list.Items, said), $"The list of {user} has no {said} behind a sync.");
            said = await Stage.AskAsync<Ack>(stage.Actor, stage.Say(chat));
            await stage.PassAsync(2);
            list = await UserRequests.AskAsync<ChatList>(stage, stage.There, user, new ChatsGet { Limit = 100 });
            stage.World.Require(IsIn(list.Items, said), $"The list of {user} has no {said} after two seconds.");
        }

        bool IsIn(IEnumerable<ChatSummary> items, Ack said) =>
            items.Any(item => item.Chat == chat && item.HeadSeq >= said.Seq);
    }

    private static async Task RequestAsync(Stage stage, string chat)
    {
        foreach (var node in (int[])[stage.Here, stage.There])
        {
            var answer = await stage.AtAsync(node, async there => await there.AskAsync(
                stage.Actor.User, stage.Say(chat), isByServerKey: node == stage.There, CancellationToken.None));
            stage.World.Require(answer is Ack, $"A request to {node} is answered {answer}.");
            if (answer is not Ack said) continue;
            await stage.UntilAsync(() => stage.Other.Presence.Sent(chat) >= said.Seq, $"the other is told {said}");
            var read = await stage.AtAsync(node, async there => await there.AskAsync(
                stage.Other.User,
                new HistoryGet { Chat = chat, AfterSeq = said.Seq - 1, MinSeq = said.Seq },
                isByServerKey: false,
                CancellationToken.None));
            stage.World.Require(read is Page page && page.HeadSeq >= said.Seq, $"A read of {node} is {read}.");
        }
    }

    private static async Task TypeAsync(Stage stage, string chat)
    {
        Type(stage, chat, on: true);
        await stage.UntilAsync(() => SeesTyping(stage, chat), "the other sees the actor type");
        Type(stage, chat, on: false);
        await stage.UntilAsync(() => !SeesTyping(stage, chat), "the other sees that the actor stops", seconds: 4);
        await stage.PassAsync(2);
        Type(stage, chat, on: true);
        await stage.UntilAsync(() => SeesTyping(stage, chat), "the other sees the actor type again");
        await stage.UntilAsync(() => !SeesTyping(stage, chat), "it ends by itself", seconds: 9);
        await stage.PassAsync(2);
    }

    private static async Task TypeAndSayAsync(Stage stage, string chat)
    {
        Type(stage, chat, on: true);
        await stage.UntilAsync(() => SeesTyping(stage, chat), "the other sees the actor type");
        var said = await Stage.AskAsync<Ack>(stage.Actor, stage.Say(chat));
        await stage.UntilAsync(() => stage.Other.Presence.Sent(chat) >= said.Seq, $"the other is told {said}");
        stage.World.Require(!SeesTyping(stage, chat), $"The other sees the actor type, who has spoken.");

        // What is under way together goes two ways, and comes in its order.
        for (var i = 0; i < 5; i++)
        {
            Type(stage, chat, on: true);
            said = await Stage.AskAsync<Ack>(stage.Actor, stage.Say(chat));
        }

        await stage.PassAsync(1);
        stage.World.Require(!SeesTyping(stage, chat), $"The other sees the actor type, who has spoken: {said}.");
        await stage.PassAsync(2);
    }

    private static async Task TypeAndLeaveAsync(Stage stage, string chat)
    {
        Type(stage, chat, on: true);
        await stage.UntilAsync(() => SeesTyping(stage, chat), "the other sees the actor type");
        stage.Actor.IsGone = true;
        stage.Actor.Leave(silently: false);
        await stage.UntilAsync(() => !SeesTyping(stage, chat), "the other sees that the actor stops", seconds: 3);
        stage.Actor.IsGone = false;
        await stage.Actor.ReadyAsync();
        await stage.PassAsync(2);
    }

    private static async Task TypeByRequestAsync(Stage stage, string chat)
    {
        stage.World.Typing.Types(stage.Actor, chat);
        await stage.AtAsync(stage.Here, async node => await node.AskAsync(
            stage.Actor.User, new Typing { Chat = chat, On = true }, isByServerKey: false, CancellationToken.None));
        await stage.UntilAsync(() => SeesTyping(stage, chat), "the other sees the actor type");
        await stage.UntilAsync(() => !SeesTyping(stage, chat), "it ends by itself", seconds: 9);
        await stage.PassAsync(2);
    }

    private static async Task MarkAsync(Stage stage, string chat)
    {
        var seq = await MarkNextAsync(stage, chat);
        await stage.UntilAsync(
            () => stage.Other.View.Receipts.Exists(told =>
                told.Chat == chat && told.Item.User == "u0" && told.Item.Read == seq),
            $"the other is told that the actor has read {seq}");
    }

    private static async Task OwnMarkAsync(Stage stage, string chat)
    {
        var seq = await MarkNextAsync(stage, chat);
        await stage.UntilAsync(
            () => stage.Second.View.Receipts.Exists(told =>
                told.Chat == chat && told.Item.User == "u0" && told.Item.Read == seq),
            $"the actor's other device is told that {seq} was read");
    }

    private static async Task<long> MarkNextAsync(Stage stage, string chat)
    {
        var said = await Stage.AskAsync<Ack>(stage.Other, stage.Say(chat));
        await stage.UntilAsync(() => stage.Actor.Presence.Sent(chat) >= said.Seq, $"the actor is told {said}");
        stage.Tries("u0", chat, said.Seq);
        await Stage.AskAsync<Ack>(stage.Actor, new Mark { Chat = chat, Read = said.Seq });
        return said.Seq;
    }

    private static async Task SetAsync(Stage stage, string chat)
    {
        foreach (var isPinned in (bool[])[true, false])
        {
            await Stage.AskAsync<Mine>(stage.Actor, new MineSet { Chat = chat, Pinned = isPinned });
            await stage.UntilAsync(
                () => stage.Second.View.Settings.GetValueOrDefault(chat)?.Pinned == isPinned,
                $"the actor's other device is told that {chat} is pinned: {isPinned}");
        }
    }

    private static async Task ComeAndGoAsync(Stage stage, string chat)
    {
        await stage.Other.ReadyAsync();
        await stage.Other.Presence.WatchAsync(chat, ["u0"]);
        await stage.UntilAsync(() => SeesOnline(stage) is true, "the actor is online");
        foreach (var device in (SimulatedDevice[])[stage.Actor, stage.Second])
        {
            stage.World.Require(SeesOnline(stage) is true, $"The actor is offline, and {device.Name} is there.");
            device.IsGone = true;
            device.Leave(silently: false);
            await stage.PassAsync(3);
        }

        await stage.UntilAsync(() => SeesOnline(stage) is false, "the actor is offline");
        stage.Actor.IsGone = false;
        await stage.UntilAsync(() => SeesOnline(stage) is true, "the actor is online again", seconds: 15);
        stage.Second.IsGone = false;
        await stage.Second.ReadyAsync();
    }

    private static async Task HideAsync(Stage stage, string chat)
    {
        await stage.Other.ReadyAsync();
        await stage.Other.Presence.WatchAsync(chat, ["u0"]);
        await stage.UntilAsync(() => SeesOnline(stage) is true, "the actor is online");
        await stage.Actor.Presence.ShowAsync(isVisible: false);
        await stage.UntilAsync(() => SeesOnline(stage) is false, "the actor hides");
        await stage.Actor.Presence.ShowAsync(isVisible: true);
        await stage.UntilAsync(() => SeesOnline(stage) is true, "the actor is shown again");
    }

    private static async Task RevokeAsync(Stage stage, string chat)
    {
        stage.Cut(stage.Here, stage.There, TimeSpan.FromSeconds(10));
        foreach (var device in (SimulatedDevice[])[stage.Actor, stage.Second])
            (device.MayBeDismissed, device.IsGone) = (true, true);
        await ChangeAsync(isDisabled: true);
        await stage.UntilAsync(
            () => !stage.Actor.IsReady && !stage.Second.IsReady, "all sessions of the actor have ended", seconds: 5);
        await ChangeAsync(isDisabled: false);
        foreach (var device in (SimulatedDevice[])[stage.Actor, stage.Second]) device.IsGone = false;
        await stage.Actor.ReadyAsync();
        await stage.Second.ReadyAsync();
        await stage.PassAsync(10);

        async Task ChangeAsync(bool isDisabled) => await stage.AtAsync(stage.Here, async node =>
            await node.Revocations.ChangeUserAsync(
                stage.Actor.User, new UserChange { IsDisabled = isDisabled }, CancellationToken.None));
    }

    private static void Type(Stage stage, string chat, bool on)
    {
        if (on) stage.World.Typing.Types(stage.Actor, chat);
        stage.Actor.Say(new Typing { Chat = chat, On = on });
    }

    private static bool SeesTyping(Stage stage, string chat) =>
        stage.Other.View.Typing.GetValueOrDefault(chat, []).Contains("u0");

    private static bool? SeesOnline(Stage stage) => stage.Other.Presence.Believed.GetValueOrDefault("u0")?.Online;
}
