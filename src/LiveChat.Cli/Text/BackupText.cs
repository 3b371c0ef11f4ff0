using System.Globalization;
using System.Text.Json.Nodes;
using LiveChat.Server.Backups;
using LiveChat.Server.Doctor;

namespace LiveChat.Cli.Text;

/// <summary>Backups as people and programs read them.</summary>
internal static class BackupText
{
    /// <summary>One line for a list.</summary>
    public static string Of(BackupReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Id}  {CountText.Of(report.Chats, "chat")}, {CountText.Of(report.Messages, "message")}, "
        + $"{SizeText.Of(report.Bytes)}, by {report.Version}{(report.HasSecret ? "" : ", without the secret")}");

    public static string Created(BackupReport report) =>
        $"{Of(report)}; {SizeText.Of(report.CopiedBytes)} of it copied.";

    public static string Verified(BackupReport report) => report.Wrong.Count == 0
        ? $"{Of(report)}: every chat is as it was noted."
        : string.Join('\n', [Of(report), .. report.Wrong]);

    public static string Restored(BackupReport report, string folder) =>
        $"{Of(report)}: restored into {folder}. Start the server with it; its clients read everything again.";

    /// <summary>One object.</summary>
    public static string Json(BackupReport report) => new JsonObject
    {
        ["id"] = report.Id,
        ["taken_at"] = report.TakenAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["version"] = report.Version,
        ["installation"] = report.Installation,
        ["chats"] = report.Chats,
        ["messages"] = report.Messages,
        ["bytes"] = report.Bytes,
        ["copied_bytes"] = report.CopiedBytes,
        ["has_secret"] = report.HasSecret,
        ["wrong"] = new JsonArray([.. report.Wrong.Select(static one => (JsonNode)one)]),
    }.ToJsonString();
}
