using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using LiveChat.Embedded.Backups;

namespace LiveChat.Server.Backups;

/// <summary>
/// What one backup consists of. Its file is written last: with it the backup is there as a whole.
/// <code>
/// line 1   the manifest as JSON
/// line 2   SHA-256 of line 1, in hex
/// </code>
/// </summary>
internal sealed partial record BackupManifest
{
    /// <summary>The version of the manifest that this code reads and writes.</summary>
    public const int FormatNow = 1;

    public const string HistoryFolder = CheckpointFolder.HistoryName + "/";
    public const string TailPath = CheckpointFolder.TailName;
    public const string SumsPath = "chats";
    public const string SecretPath = "secret";

    /// <summary>The files of the checkpoint beside history: a restore makes a data folder of them, and deletes them.
    /// </summary>
    public static IReadOnlyList<string> CheckpointPaths { get; } = [TailPath, CheckpointFolder.AboutName, SumsPath];

    public required int Format { get; init; }

    public required string Id { get; init; }

    public required DateTimeOffset TakenAt { get; init; }

    public required string Version { get; init; }

    public required string Installation { get; init; }

    public required long Chats { get; init; }

    public required long Messages { get; init; }

    public required IReadOnlyList<BackupTable> Tables { get; init; }

    public required IReadOnlyList<BackupFile> Files { get; init; }

    public byte[] Write()
    {
        var line = JsonSerializer.Serialize(this, BackupJsonContext.Default.BackupManifest);
        return Encoding.UTF8.GetBytes($"{line}\n{SumOf(line)}\n");
    }

    /// <exception cref="BackupException">It is damaged, or of another version.</exception>
    public static BackupManifest Read(byte[] bytes, string name)
    {
        var lines = Encoding.UTF8.GetString(bytes).Split('\n');
        if (lines is not [var line, var sum, ""] || SumOf(line) != sum)
            throw new BackupException(
                BackupFault.Damaged, $"The backup {name} is damaged: its manifest is not what was written.");
        using var document = JsonDocument.Parse(line);
        if (document.RootElement.GetProperty("format").GetInt32() is var format and not FormatNow)
            throw new BackupException(
                BackupFault.Damaged,
                $"The backup {name} has format {format}, this program reads format {FormatNow}: restore it with the "
                + $"version that made it ({document.RootElement.GetProperty("version").GetString()}).");
        var manifest = document.RootElement.Deserialize(BackupJsonContext.Default.BackupManifest)!;
        if (manifest.Id != name || !manifest.Files.All(IsFile))
            throw new BackupException(
                BackupFault.Damaged, $"The backup {name} is damaged: its manifest names what no backup has.");
        return manifest;
    }

    public BackupReport Report() => new()
    {
        Id = Id,
        TakenAt = TakenAt,
        Version = Version,
        Installation = Installation,
        Chats = Chats,
        Messages = Messages,
        Bytes = Files.Sum(static file => file.Bytes),
        HasSecret = Files.Any(static file => file.Path == SecretPath),
    };

    /// <summary>No name leads out of the folder that is filled.</summary>
    private static bool IsFile(BackupFile file) =>
        Hex().IsMatch(file.Sha256) && (CheckpointPaths.Contains(file.Path)
            || file.Path == SecretPath || HistoryFile().IsMatch(file.Path));

    private static string SumOf(string line) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line)));

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex Hex();

    [GeneratedRegex("^history/[A-Za-z0-9][A-Za-z0-9._-]*$")]
    private static partial Regex HistoryFile();
}

/// <summary>One file of a backup, kept under its checksum.</summary>
/// <param name="Path">Where it belongs.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its checksum, in hex.</param>
/// <param name="Written">When it was written, in ticks: with path and length it tells an immutable file of one history
/// from every other.</param>
internal sealed record BackupFile(string Path, long Bytes, string Sha256, long Written);

/// <summary>The rows of one table of users.</summary>
/// <param name="Name">The table.</param>
/// <param name="Rows">How many it has.</param>
/// <param name="Sum">Their checksum, in hex.</param>
internal sealed record BackupTable(string Name, long Rows, string Sum)
{
    public static BackupTable Of(TableSum sum) => new(sum.Table, sum.Rows, $"{sum.Sum:x32}");
}

/// <summary>How a manifest is written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(BackupManifest))]
internal sealed partial class BackupJsonContext : JsonSerializerContext;
