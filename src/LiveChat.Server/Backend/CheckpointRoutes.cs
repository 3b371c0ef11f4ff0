using LiveChat.Core.Outboxes;
using LiveChat.Embedded.Backups;
using LiveChat.Protocol;

namespace LiveChat.Server.Backend;

/// <summary>What <c>livechat backup create</c> asks of the server that uses a data folder, for the operator alone: on
/// the internal port and nowhere else.</summary>
internal static class CheckpointRoutes
{
    /// <summary>Where a checkpoint is asked for.</summary>
    public const string Path = "/v1/checkpoint";

    public static IReadOnlyList<BackendRoute> All { get; } =
    [
        new(
            "takeCheckpoint", "POST", Path, "Put a consistent copy of the stores into the data folder, for a backup",
            null, null, TakeAsync),
    ];

    private static async ValueTask<object> TakeAsync(BackendServices services, BackendCall call)
    {
        if (services.TakeCheckpoint is not { } take)
            return Problems.Of(
                ErrorCode.Conflict,
                "This server keeps its chats outside of its data folder: back up that store (docs/ops/backup.md).");
        try
        {
            await take(call.Aborted);
            return BackendRoute.Done;
        }
        catch (CheckpointException refused)
        {
            return Problems.Of(ErrorCode.Unavailable, refused.Message);
        }
    }
}
