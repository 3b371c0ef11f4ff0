using System.Globalization;
using System.Text.Json.Nodes;
using LiveChat.Server.Backups;

namespace LiveChat.Cli.Text;

/// <summary>Backups as people and programs read them.</summary>
internal static class BackupText
{
    /// <summary>One line for a list.</summary>
    public static string Of(BackupReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Id}  {Count(report.Chats, "chat")}, {Count(report.Messages, "message")}, {Size(report.Bytes)}, by "
        + $"{report.Version}{(report.HasSecret ? "" : ", without the secret")}");

    public static string Created(BackupReport report) =>
        $"{Of(report)}; {Size(report.CopiedBytes)} of it copied.";

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

    /// <summary>A number of things.</summary>
    public static string Count(long number, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:N0} {what}{(number == 1 ? "" : "s")}");

    /// <summary>Bytes as a person reads them.</summary>
    public static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):N1} GiB"),
        >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):N1} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:N0} KiB"),
    };
}
