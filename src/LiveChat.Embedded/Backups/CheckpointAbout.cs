using System.Text.Json;
using System.Text.Json.Serialization;

namespace LiveChat.Embedded.Backups;

/// <summary>What a checkpoint says of the data folder that it is of.</summary>
/// <param name="Installation">The folder's id.</param>
/// <param name="Version">The build that took it.</param>
/// <param name="Partitions">How many partitions the log has.</param>
/// <param name="Generation">The highest generation of the log's positions.</param>
/// <param name="LogTimeMs">No record of the log has a later append time, Unix milliseconds.</param>
/// <param name="Node">The id of the node.</param>
/// <param name="IdsMs">The node has issued no id of a later time, Unix milliseconds.</param>
internal sealed record CheckpointAbout(
    string Installation, string Version, int Partitions, int Generation, long LogTimeMs, int Node, long IdsMs)
{
    /// <summary>Reads the file of a checkpoint, or of what was made of one.</summary>
    /// <param name="folder">The folder with the file.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<CheckpointAbout> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(Path.Combine(folder, CheckpointFolder.AboutName));
        return (await JsonSerializer.DeserializeAsync(
            file, CheckpointJsonContext.Default.CheckpointAbout, cancellationToken))!;
    }

    /// <summary>Writes the file.</summary>
    /// <param name="folder">The folder of the checkpoint.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task WriteAsync(string folder, CancellationToken cancellationToken)
    {
        await using var file = File.Create(Path.Combine(folder, CheckpointFolder.AboutName));
        await JsonSerializer.SerializeAsync(
            file, this, CheckpointJsonContext.Default.CheckpointAbout, cancellationToken);
    }
}

/// <summary>How <see cref="CheckpointAbout"/> is written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CheckpointAbout))]
internal sealed partial class CheckpointJsonContext : JsonSerializerContext;
