using System.Collections.Concurrent;
using Confluent.Kafka;
using LiveChat.Core.Nodes;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Log;

/// <summary>
/// What is wrong between this node and the brokers now, as states of the node: a right that is missing or a proof that
/// is refused, by what the node was doing, and appends that fail. Each ends with the next success. A refused proof and
/// a failed append are forgotten after half a minute too: a client that is not used tries no more, and a node that
/// refuses sends appends nothing. Any thread.
/// </summary>
internal sealed partial class KafkaHealth(KafkaLogOptions options, TimeProvider time, ILogger<KafkaHealth> logger)
{
    private static readonly TimeSpan RememberFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Trouble> _refused = new();
    private readonly ConcurrentDictionary<string, long> _said = new();
    private Trouble? _failure;

    /// <summary>A right was lost or a password is refused; an operator must act.</summary>
    public RefusingState Refused => new(
        "log_refused",
        () => _refused.Values.Select(Reason).FirstOrDefault(static reason => reason is not null));

    /// <summary>Appends fail: brokers are away, or too few of them are in sync.</summary>
    public RefusingState Failing => new("appends_failing", () => Reason(Volatile.Read(ref _failure)));

    public IReadOnlyList<RefusingState> States => [Refused, Failing];

    /// <summary>Notes an error when it is a refusal.</summary>
    /// <returns>Whether it is one.</returns>
    public bool Note(string doing, Error error)
    {
        if (!KafkaErrors.IsRefusal(error)) return false;
        var trouble = new Trouble(
            KafkaErrors.Advice(error, options), time.GetTimestamp(), IsForgotten: KafkaErrors.IsProofRefused(error));
        var isNew = Reason(_refused.GetValueOrDefault(doing)) is null;
        _refused[doing] = trouble;
        if (isNew) LogRefused(logger, doing, trouble.Says);
        return true;
    }

    /// <summary>Notes an error from which the client recovers by itself. A broker that is away makes many: the log has
    /// one in half a minute.</summary>
    public void Met(string doing, Error error)
    {
        if (Note(doing, error)) return;
        var now = time.GetTimestamp();
        if (_said.TryGetValue(doing, out var said) && time.GetElapsedTime(said, now) < SayEvery) return;
        _said[doing] = now;
        LogMet(logger, doing, error.Reason);
    }

    /// <summary>It works, as far as this is concerned.</summary>
    public void Works(string doing)
    {
        if (!_refused.IsEmpty && _refused.TryRemove(doing, out _)) LogAccepted(logger, doing);
    }

    public void Appended()
    {
        Works(KafkaAppends.Doing);
        if (Volatile.Read(ref _failure) is not null) Volatile.Write(ref _failure, null);
    }

    public void NotAppended(Error error)
    {
        if (!Note(KafkaAppends.Doing, error))
            Volatile.Write(
                ref _failure,
                new Trouble("The brokers of the log take no appends now.", time.GetTimestamp(), IsForgotten: true));
    }

    private string? Reason(Trouble? trouble) => trouble switch
    {
        null => null,
        { IsForgotten: true, At: var at } when time.GetElapsedTime(at) > RememberFor => null,
        _ => trouble.Says,
    };

    [LoggerMessage(11010, LogLevel.Error, "The brokers refuse {Doing}. {Advice}")]
    private static partial void LogRefused(ILogger logger, string doing, string advice);

    [LoggerMessage(11012, LogLevel.Information, "The brokers accept {Doing} again.")]
    private static partial void LogAccepted(ILogger logger, string doing);

    [LoggerMessage(11013, LogLevel.Warning, "Kafka's client met an error in {Doing} and goes on: {Reason}")]
    private static partial void LogMet(ILogger logger, string doing, string reason);

    private sealed record Trouble(string Says, long At, bool IsForgotten);
}
