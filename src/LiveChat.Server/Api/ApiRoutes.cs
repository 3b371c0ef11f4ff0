using LiveChat.Protocol.Frames;

namespace LiveChat.Server.Api;

/// <summary>
/// Everything that a user may do over HTTP: each is the command of the socket under another name. What is not here
/// (renewing a token, watching presence) belongs to a session, and a request has none.
/// </summary>
internal static class ApiRoutes
{
    private const string Chat = "/v1/chats/{chat}";
    private const string Message = Chat + "/messages/{seq}";
    private const string Reaction = Message + "/reactions/{emoji}";
    private const string Member = Chat + "/members/{user}";
    private const string Own = "/v1/presence";

    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        Read<ChatsGet, Chats>("listChats", "/v1/chats", FrameType.Chats, "The chats, latest first"),
        Change<ChatCreate>(
            "createChat", "POST", "/v1/chats", FrameType.ChatCreate, "Make a direct chat or a group") with
        {
            Creates = true,
        },
        Read<ChatGet, ChatDetails>("getChat", Chat, FrameType.ChatGet, "A chat, its settings and members"),
        Change<ChatUpdate>(
            "updateChat", "PATCH", Chat, FrameType.ChatUpdate, "Change a group's settings") with { IsPatch = true },
        Change<MemberAdd>("addMembers", "POST", Chat + "/members", FrameType.MemberAdd, "Add members"),
        Change<MemberRole>("setMemberRole", "PUT", Member, FrameType.MemberRole, "Give a member a role"),
        Change<MemberRemove>("removeMember", "DELETE", Member, FrameType.MemberRemove, "Remove a member, or leave"),
        Read<HistoryGet, Page>(
            "listMessages", Chat + "/messages", FrameType.History,
            "Messages, newest first; oldest first with `after_seq`") with
        {
            IsNewestFirst = true,
        },
        Change<MessageSend>("sendMessage", "POST", Chat + "/messages", FrameType.MessageSend, "Send a message") with
        {
            Creates = true,
        },
        Read<HistoryGet, MessageCreated>("getMessage", Message, FrameType.History, "A message") with
        {
            IsOneMessage = true,
            Constant = ("limit", "1"),
        },
        Change<MessageEdit>(
            "editMessage", "PATCH", Message, FrameType.MessageEdit, "Replace the body of an own message"),
        Change<MessageDelete>(
            "deleteMessage", "DELETE", Message, FrameType.MessageDelete, "Remove a message's content for all"),
        Change<ReactionSet>("setReaction", "PUT", Reaction, FrameType.ReactionSet, "Set a reaction") with
        {
            Constant = ("on", "true"),
        },
        Change<ReactionSet>("clearReaction", "DELETE", Reaction, FrameType.ReactionSet, "Clear a reaction") with
        {
            Constant = ("on", "false"),
        },
        Read<HistoryGet, Page>("listEvents", Chat + "/events", FrameType.History, "Events in their order") with
        {
            Constant = ("view", "\"events\""),
        },
        new(
            "raiseMarkers", "PUT", Chat + "/markers", FrameType.Mark, typeof(Mark), typeof(Ack),
            "Raise the own markers"),
        new(
            "updateOwnSettings", "PATCH", Chat + "/mine", FrameType.ChatMine, typeof(MineSet), typeof(Mine),
            "Mute, pin or hide, for the own devices alone") { IsPatch = true },
        new(
            "setTyping", "PUT", Chat + "/typing", FrameType.Typing, typeof(Typing), null,
            "Say that the user types, or stopped"),
        Read<SyncGet, Sync>("sync", "/v1/sync", FrameType.Sync, "Every chat and its head, in pages"),
        new(
            "getPresence", "POST", Chat + "/presence", FrameType.PresenceGet, typeof(PresenceGet),
            typeof(PresenceList), "Who of the members is online"),
        Read<PresenceSet, PresenceSetting>(
            "getOwnPresence", Own, FrameType.PresenceSet, "Whether the own presence is shown") with
        {
            Constant = ("visible", "null"),
        },
        new(
            "setOwnPresence", "PUT", Own, FrameType.PresenceSet, typeof(PresenceSet), typeof(PresenceSetting),
            "Show or hide the own presence"),
    ];

    private static ApiRoute Read<TCommand, TAnswer>(string name, string path, string frame, string summary) =>
        new(name, "GET", path, frame, typeof(TCommand), typeof(TAnswer), summary);

    private static ApiRoute Change<TCommand>(
        string name, string method, string path, string frame, string summary) =>
        new(name, method, path, frame, typeof(TCommand), typeof(Ack), summary);
}
