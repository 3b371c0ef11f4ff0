using System.Globalization;
using LiveChat.Embedded;
using LiveChat.Embedded.Backups;
using LiveChat.Embedded.Disk;
using LiveChat.Server.Hosting;
using LiveChat.Server.Tokens;

namespace LiveChat.Server.Doctor;

/// <summary>The data folder: whether it is there, whole, and closed to others, and how much it holds.</summary>
internal static class FolderChecks
{
    private const string Name = "data folder";

    /// <summary>A night, and two hours for what a night may take longer.</summary>
    private static readonly TimeSpan BackupAgeMax = TimeSpan.FromHours(26);

    public static IEnumerable<Finding> Look(string folder, ServerOptions options, TimeProvider time)
    {
        if (!Directory.Exists(folder))
            return
            [
                new Finding(
                    Name,
                    FindingLevel.Warning,
                    $"There is no {folder}: the first start makes it.",
                    "If the server ran before, it runs with another folder: name that one with --data."),
            ];
        try
        {
            return
            [
                LookAt(folder), Secret(folder, options), Rights(folder, options), Sizes(folder, options),
                .. Backup(folder, time),
            ];
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return [new Finding(Name, FindingLevel.Bad, closed.Message, "Run this as the user who runs the server.")];
        }
    }

    private static Finding LookAt(string folder) => DataFolder.IsAt(folder)
        ? new Finding(Name, FindingLevel.Good, $"{folder} is a data folder.")
        : new Finding(
            Name,
            FindingLevel.Bad,
            $"{folder} has no file FORMAT: it is no data folder, or a damaged one.",
            "Name the server's folder with --data, or restore a backup: docs/ops/damage.md.");

    /// <summary>Of a folder that has the chats.</summary>
    private static IEnumerable<Finding> Backup(string folder, TimeProvider time)
    {
        if (!DataFolder.IsAt(folder) || FolderStores.WhyNoCheckpoint(folder) is not null) yield break;
        var last = LastBackup.Of(folder);
        var found = last is { } at
            ? string.Create(CultureInfo.InvariantCulture, $"The last backup is of {at:yyyy-MM-dd HH:mm} UTC.")
            : "There is no backup yet.";
        yield return time.GetUtcNow() - (last ?? DataFolder.MadeAt(folder)) <= BackupAgeMax
            ? new Finding("backup", FindingLevel.Good, found)
            : new Finding(
                "backup", FindingLevel.Warning, found, "Let a timer run livechat backup create: docs/ops/backup.md.");
    }

    private static Finding Secret(string folder, ServerOptions options)
    {
        try
        {
            TokenSecret.Read(folder, options.Tokens);
            return new Finding(
                "secret",
                FindingLevel.Good,
                options.Tokens.KeysUrl.Length == 0
                    ? "The secret signs tokens."
                    : $"Tokens are checked with the keys of {options.Tokens.KeysUrl}.");
        }
        catch (InvalidDataException wrong)
        {
            return new Finding("secret", FindingLevel.Bad, wrong.Message, "docs/ops/keys-and-tokens.md says how.");
        }
    }

    private static Finding Rights(string folder, ServerOptions options)
    {
        if (!File.Exists(TokenSecret.PathOf(folder, options.Tokens)))
            return new Finding("rights", FindingLevel.Good, "There is no secret that others could read.");
        var open = OpenToOthers.Find(folder, options.Tokens);
        return open.Count == 0
            ? new Finding("rights", FindingLevel.Good, "Nobody else on this machine can read the folder or the secret.")
            : new Finding(
                "rights",
                FindingLevel.Warning,
                $"Others on this machine can get at {string.Join(" and ", open.Select(static one => one.Path))}.",
                string.Join("; ", open.Select(static one => $"chmod {one.Mode} {one.Path}")) + ".");
    }

    /// <summary>What is elsewhere has no size here.</summary>
    private static Finding Sizes(string folder, ServerOptions options)
    {
        var log = options.Log.Kind is LogKind.Kafka
            ? $"The log is the topic {options.Log.Topic} of Kafka"
            : $"The log has {Of("log")}";
        var history = options.Store.Kind is StoreKind.Cassandra
            ? $"is in the keyspace {options.Store.Keyspace} of Cassandra"
            : $"has {Of("history")}";
        return new Finding("sizes", FindingLevel.Good, $"{log}, history {history}.");

        string Of(string part) => SizeText.Of(FolderSize.Of(Path.Combine(folder, part)));
    }
}
