namespace LiveChat.Tests.Checking;

/// <summary>
/// Everything that was seen from outside during a run, in neutral words, so that the simulator and the tests with
/// real processes are judged by the same checker. The times are whatever grows: steps, or milliseconds.
/// </summary>
internal sealed class Run
{
    public List<Invocation> Invocations { get; } = [];

    public List<Sighting> Sightings { get; } = [];

    /// <summary>What each device must have seen, pushed or pulled, once everything is quiet.</summary>
    public List<(string Device, string Chat, long From, long To)> MustHaveSeen { get; } = [];

    /// <summary>What history holds at the end, chat by chat, in the order in which it was read.</summary>
    public Dictionary<string, IReadOnlyList<SeenEvent>> History { get; } = [];
}

/// <summary>A command under one client id, and every time that it was sent.</summary>
internal sealed class Invocation
{
    /// <summary>The chat; absent for a creation, which learns it from its answer.</summary>
    public required string? Chat { get; init; }

    public required string Sender { get; init; }

    public required string ClientId { get; init; }

    /// <summary>What the command says, in the same words as <see cref="SeenEvent.Content"/>.</summary>
    public required string Content { get; init; }

    /// <summary>Others may ask for the same and have it: the direct chat of two users, whoever opens it.</summary>
    public bool IsShared { get; init; }

    public List<Attempt> Attempts { get; } = [];
}

/// <summary>What a client knows of a command that it sent.</summary>
internal enum Outcome
{
    /// <summary>No answer, or one that says that nobody knows.</summary>
    Unknown,
    Acknowledged,

    /// <summary>Certainly without effect.</summary>
    Refused,

    /// <summary>There was nothing to change at the head that the answer names.</summary>
    Unneeded,
}

/// <summary>One transmission of a command.</summary>
/// <param name="session">The connection over which it went.</param>
/// <param name="invokedAt">When it was sent.</param>
internal sealed class Attempt(int session, long invokedAt)
{
    public int Session => session;

    public long InvokedAt => invokedAt;

    /// <summary>When the answer came; the end of time when none did.</summary>
    public long AnsweredAt { get; private set; } = long.MaxValue;

    public Outcome Outcome { get; private set; }

    public string? Chat { get; private set; }

    public string? Id { get; private set; }

    public long Seq { get; private set; }

    public bool Duplicate { get; private set; }

    public string? Reason { get; private set; }

    /// <summary>A refusal that no repetition changes.</summary>
    public bool IsFinal { get; private set; }

    public void Acknowledge(long at, string chat, string? id, long seq, bool duplicate) =>
        (AnsweredAt, Outcome, Chat, Id, Seq, Duplicate) = (at, Outcome.Acknowledged, chat, id, seq, duplicate);

    public void Dispense(long at, string chat, long seq) =>
        (AnsweredAt, Outcome, Chat, Seq) = (at, Outcome.Unneeded, chat, seq);

    public void Refuse(long at, string reason, bool isFinal = false) =>
        (AnsweredAt, Outcome, Reason, IsFinal) = (at, Outcome.Refused, reason, isFinal);
}

/// <summary>An event as somebody saw it.</summary>
/// <param name="Content">What the command said; null where it was erased or may not be seen.</param>
internal sealed record SeenEvent(
    string Chat, long Seq, long N, string Id, string Sender, string ClientId, long TimeMs, bool IsMessage,
    string? Content)
{
    /// <summary>Stands between the parts of a content that has several, of which a command says one or more.</summary>
    public const string And = " and ";

    /// <summary>Whatever else must be the same for everybody who is told of it; empty for the others.</summary>
    public string Detail { get; init; } = "";
}

/// <summary>An event that reached a device.</summary>
/// <param name="Device">Whose.</param>
/// <param name="Session">Over which connection, or in which life of a worker.</param>
/// <param name="At">When.</param>
/// <param name="IsPushed">Pushed, hence in the order of the chat; else pulled.</param>
/// <param name="Event">What.</param>
internal readonly record struct Sighting(string Device, int Session, long At, bool IsPushed, SeenEvent Event);
