using System.Text.Json.Nodes;
using LiveChat.Server.Doctor;

namespace LiveChat.Cli.Text;

/// <summary>A stopped server as people and programs read it.</summary>
internal static class StoppedText
{
    public static IEnumerable<string> Lines(StoppedServer stopped)
    {
        yield return $"The server is stopped: no process of this user uses {stopped.Folder}.";
        if (stopped.Elsewhere is { } elsewhere) yield return $"Its chats are {elsewhere}.";
        else
            yield return $"{stopped.Partitions} partitions; delivery is {stopped.DeliveryBehind} records behind, "
                + $"history {stopped.HistoryBehind}. The log has {SizeText.Of(stopped.LogBytes)}, history "
                + $"{SizeText.Of(stopped.HistoryBytes)}.";
        if (stopped.HasLeftOver)
            yield return "A backup was killed and has left its checkpoint: the next start deletes it.";
        yield return $"To start it: livechat serve --data {stopped.Folder}";
    }

    /// <summary>One object.</summary>
    public static string Json(StoppedServer stopped) => new JsonObject
    {
        ["running"] = false,
        ["data"] = stopped.Folder,
        ["partitions"] = stopped.Partitions,
        ["delivery_behind"] = stopped.DeliveryBehind,
        ["history_behind"] = stopped.HistoryBehind,
        ["log_bytes"] = stopped.LogBytes,
        ["history_bytes"] = stopped.HistoryBytes,
        ["elsewhere"] = stopped.Elsewhere,
    }.ToJsonString();
}
