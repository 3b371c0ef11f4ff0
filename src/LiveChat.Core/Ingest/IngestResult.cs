using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Ingest;

/// <summary>What ingest says of a command at once.</summary>
internal sealed class IngestResult
{
    private IngestResult(Problem? problem) => Problem = problem;

    /// <summary>On its way to the log: its answer comes from delivery.</summary>
    public static IngestResult Taken { get; } = new(null);

    /// <summary>Why it was refused; null when it was taken.</summary>
    public Problem? Problem { get; }

    public static IngestResult Refused(Problem problem) => new(problem);
}
