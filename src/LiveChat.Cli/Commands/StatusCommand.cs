using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using LiveChat.Cli.CommandLine;
using LiveChat.Cli.Text;
using LiveChat.Server;

namespace LiveChat.Cli.Commands;

/// <summary><c>livechat status</c>: the whole cluster as one of its nodes sees it, a line for each node and one for the
/// log. Ends with 1 when something of it is not as it should be.</summary>
internal static class StatusCommand
{
    private const int NamedMax = 8;

    public static Command Create()
    {
        var output = new OutputOption();
        var command = new Command(
            "status", "Shows the cluster as one of its nodes sees it: nodes, links, partitions, what is behind.")
        {
            output,
        };
        var access = new OperatorAccess(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var answer = await AskAsync(access, parsed, cancellationToken);
            if (answer is null) return ShowStopped(access.FolderOf(parsed), output.IsJson(parsed));
            var status = answer.RootElement;
            if (output.IsJson(parsed)) Console.Out.WriteLine(status.GetRawText());
            else
                foreach (var line in Lines(status))
                    Console.Out.WriteLine(TerminalText.Clean(line));
            return IsWell(status) ? ExitCode.Ok : ExitCode.Refused;
        });
        return command;
    }

    /// <summary>What people read of a status.</summary>
    internal static IEnumerable<string> Lines(JsonElement status)
    {
        var self = status.GetProperty("node").GetString();
        var sessions = status.TryGetProperty("sessions", out var count)
            ? $", {CountText.Of(count.GetInt64(), "session")}"
            : "";
        foreach (var node in status.GetProperty("nodes").EnumerateArray()) yield return LineOf(node, self, sessions);
        foreach (var state in RefusingOf(status))
            yield return $"{self} refuses: {state.GetProperty("state").GetString()}: "
                + $"{state.GetProperty("reason").GetString()}";
        var partitions = status.GetProperty("partitions").EnumerateArray().ToList();
        yield return $"{partitions.Count} partitions; "
            + $"{Named("without an owner", partitions, static one => !IsOwned(one))}, "
            + $"{Named("stopped", partitions, static one => one.GetProperty("stopped").GetBoolean())}; "
            + $"delivery is {Sum(partitions, "delivery_behind")} records behind, "
            + $"history {Sum(partitions, "history_behind")}.";
    }

    /// <summary>Whether every node is live and linked, every partition has an owner and goes on, and the node that
    /// answers refuses nothing.</summary>
    internal static bool IsWell(JsonElement status) =>
        !RefusingOf(status).Any()
        && status.GetProperty("nodes").EnumerateArray().All(static node =>
            node.GetProperty("live").GetBoolean()
            && (!node.TryGetProperty("linked", out var linked) || linked.GetBoolean()))
        && status.GetProperty("partitions").EnumerateArray().All(static one =>
            IsOwned(one) && !one.GetProperty("stopped").GetBoolean());

    /// <summary>The answer; null when none came and the server of the data folder is stopped.</summary>
    private static async Task<JsonDocument?> AskAsync(
        OperatorAccess access, ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            return await access.SendAsync(parsed, HttpMethod.Get, "/v1/status", null, cancellationToken);
        }
        catch (CliException away) when (away.ExitCode == ExitCode.NotReachable
            && LiveChatServer.IsStopped(access.FolderOf(parsed)))
        {
            return null;
        }
    }

    private static int ShowStopped(string folder, bool isJson)
    {
        try
        {
            var stopped = LiveChatServer.LookAtStopped(folder);
            if (isJson) Console.Out.WriteLine(StoppedText.Json(stopped));
            else
                foreach (var line in StoppedText.Lines(stopped))
                    Console.Out.WriteLine(TerminalText.Clean(line));
            return ExitCode.Refused;
        }
        catch (InvalidDataException damaged)
        {
            throw new CliException(ExitCode.Refused, damaged.Message);
        }
    }

    /// <summary>A server of an older build does not say it.</summary>
    private static JsonElement.ArrayEnumerator RefusingOf(JsonElement status) =>
        status.TryGetProperty("refusing", out var refusing) ? refusing.EnumerateArray() : default;

    private static string LineOf(JsonElement node, string? self, string sessions)
    {
        var name = node.GetProperty("name").GetString();
        var roles = string.Join(", ", node.GetProperty("roles").EnumerateArray().Select(static one => one.GetString()));
        var age = node.GetProperty("sign_age").GetDouble().ToString("0", CultureInfo.InvariantCulture);
        var state = name == self ? $"answers{sessions}"
            : !node.GetProperty("live").GetBoolean() ? $"gone: no sign for {age} s"
            : !node.TryGetProperty("linked", out var linked) ? "live"
            : linked.GetBoolean() ? "live, linked"
            : "live, not linked";
        var ahead = node.GetProperty("clock_ahead_ms").GetInt64();
        var clock = Math.Abs(ahead) < 1_000
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $", its clock is {ahead / 1_000d:0.0} s ahead");
        return $"{name}: {state}{clock} ({roles}; {node.GetProperty("build").GetString()})";
    }

    private static string Named(string what, List<JsonElement> partitions, Func<JsonElement, bool> which)
    {
        var found = partitions.Where(which).Select(static one => one.GetProperty("partition").GetInt32()).ToList();
        if (found.Count == 0) return $"none {what}";
        var more = found.Count > NamedMax ? ", …" : "";
        return $"{found.Count} {what} ({string.Join(", ", found.Take(NamedMax))}{more})";
    }

    /// <summary>A node that is no gateway does not know the owners.</summary>
    private static bool IsOwned(JsonElement partition) =>
        !partition.TryGetProperty("owners", out var owners) || owners.GetArrayLength() > 0;

    private static long Sum(List<JsonElement> partitions, string field) =>
        partitions.Sum(one => one.GetProperty(field).GetInt64());
}
