using System.Text.Json.Nodes;
using LiveChat.Server.Transfers;

namespace LiveChat.Cli.Text;

/// <summary>Moves, exports and imports as people and programs read them.</summary>
internal static class TransferText
{
    public static string Moved(TransferReport report) => (report.WasDone
        ? "The move was done before; nothing is left to do."
        : $"Moved {Counts(report)}: counts and checksums of every chat are the same in both.")
        + " Start the servers of the cluster with the same options; each needs the same secret. Clients "
        + (report.ClientsResume ? "resume where they were." : "read everything again, since the partitions differ.");

    public static string Exported(TransferReport report, string file) => $"{Counts(report)}: written into {file}.";

    public static string Imported(TransferReport report, string folder) => report.WasDone
        ? $"{folder} was made of this file before; nothing is left to do."
        : $"{Counts(report)}: {folder} is ready. Start the server with it; its clients read everything again.";

    /// <summary>One object.</summary>
    public static string Json(TransferReport report) => new JsonObject
    {
        ["chats"] = report.Chats,
        ["messages"] = report.Messages,
        ["users"] = report.Users,
        ["was_done"] = report.WasDone,
        ["clients_resume"] = report.ClientsResume,
    }.ToJsonString();

    private static string Counts(TransferReport report) =>
        $"{CountText.Of(report.Chats, "chat")}, {CountText.Of(report.Messages, "message")}, "
        + CountText.Of(report.Users, "user");
}
