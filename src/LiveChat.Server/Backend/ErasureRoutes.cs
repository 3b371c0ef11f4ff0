using LiveChat.Core.History;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Server.Backend;

/// <summary>The erasure of a user, for the application's backend and for the operator.</summary>
internal static class ErasureRoutes
{
    private const string Path = UserRoutes.User + "/erasure";

    private static readonly BackendJsonContext Shapes = BackendJsonContext.Default;

    public static IReadOnlyList<BackendRoute> All { get; } =
    [
        new(
            "eraseUser", "DELETE", UserRoutes.User, "Erase a user for good: the answer says how far it is", null,
            Shapes.ErasureInfo, BeginAsync)
        {
            Begins = true,
        },
        new(
            "getErasure", "GET", Path, "How far the erasure of a user is", null, Shapes.ErasureInfo, ReadAsync),
    ];

    private static async ValueTask<object> BeginAsync(BackendServices services, BackendCall call) =>
        services.Node.Eraser is { } eraser
            ? InfoOf(await eraser.BeginAsync(call.User, call.Aborted), services)
            : NotHere();

    private static async ValueTask<object> ReadAsync(BackendServices services, BackendCall call)
    {
        if (services.Node.Eraser is not { } eraser) return NotHere();
        return await eraser.ReadAsync(call.User, call.Aborted) is { } erasure
            ? InfoOf(erasure, services)
            : Problems.Of(ErrorCode.NotFound);
    }

    /// <summary>The answer of a node that does not write to the log.</summary>
    public static Problem NotHere() =>
        Problems.Of(ErrorCode.Unavailable, "This node is no gateway: ask one that is.");

    private static ErasureInfo InfoOf(Erasure erasure, BackendServices services)
    {
        var finishedAt = Times.OrNone(erasure.FinishedMs);
        return new ErasureInfo
        {
            User = erasure.User.Value,
            State = finishedAt is null ? "running" : "finished",
            StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(erasure.StartedMs),
            FinishedAt = finishedAt,
            LogGoneAt = finishedAt + services.LogKeeps,
            Chats = erasure.Chats,
            Messages = erasure.Messages,
            Reactions = erasure.Reactions,
        };
    }
}
