using LiveChat.Core.History;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;

namespace LiveChat.Server.Backend;

/// <summary>The deletion of a chat, for the application's backend and for the operator.</summary>
internal static class DeletionRoutes
{
    private const string Chat = "/v1/chats/{chat}";

    private static readonly BackendJsonContext Shapes = BackendJsonContext.Default;

    public static IReadOnlyList<BackendRoute> All { get; } =
    [
        new(
            "deleteChat", "DELETE", Chat, "Delete a chat for good: the answer says how far it is", null,
            Shapes.DeletionInfo, DeleteAsync)
        {
            Begins = true,
            Refusals = [ErrorCode.NotFound],
        },
        new(
            "getDeletion", "GET", Chat + "/deletion", "How far the deletion of a chat is", null, Shapes.DeletionInfo,
            ReadAsync),
    ];

    private static async ValueTask<object> DeleteAsync(BackendServices services, BackendCall call)
    {
        if (services.Node.ChatDeleter is not { } deleter) return ErasureRoutes.NotHere();
        var (deletion, problem) = await deleter.DeleteAsync(ChatOf(call), call.Aborted);
        return deletion is null ? problem! : InfoOf(deletion, services);
    }

    private static async ValueTask<object> ReadAsync(BackendServices services, BackendCall call)
    {
        if (services.Node.ChatDeleter is not { } deleter) return ErasureRoutes.NotHere();
        return await deleter.ReadAsync(ChatOf(call), call.Aborted) is { } deletion
            ? InfoOf(deletion, services)
            : Problems.Of(ErrorCode.NotFound);
    }

    /// <summary>The field rules let only ids through.</summary>
    private static ChatId ChatOf(BackendCall call) => ChatId.TryParse(call.Thing, out var chat) ? chat : default;

    private static DeletionInfo InfoOf(ChatDeletion deletion, BackendServices services)
    {
        var finishedAt = Times.OrNone(deletion.FinishedMs);
        return new DeletionInfo
        {
            Chat = deletion.Chat.ToString(),
            State = finishedAt is null ? "running" : "finished",
            DeletedAt = DateTimeOffset.FromUnixTimeMilliseconds(deletion.DeletedMs),
            FinishedAt = finishedAt,
            LogGoneAt = finishedAt + services.LogKeeps,
        };
    }
}
