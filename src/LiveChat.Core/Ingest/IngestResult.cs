using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Ingest;

/// <summary>What ingest says of a command at once.</summary>
internal sealed class IngestResult
{
    private IngestResult(Problem? problem, Ack? answer = null) => (Problem, Answer) = (problem, answer);

    /// <summary>On its way to the log: its answer comes from delivery.</summary>
    public static IngestResult Taken { get; } = new(null);

    /// <summary>Why it was refused; null when it was taken or answered.</summary>
    public Problem? Problem { get; }

    /// <summary>The answer to a command that changes nothing and needs no record; null for all others.</summary>
    public Ack? Answer { get; }

    public static IngestResult Refused(Problem problem) => new(problem);

    public static IngestResult Answered(Ack answer) => new(null, answer);
}
