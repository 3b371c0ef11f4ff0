namespace LiveChat.Core.Log;

/// <summary>How far a group is in each partition, as a store beside the log keeps it.</summary>
/// <param name="ReadAsync">Reads them; <see cref="Position.None"/> for what was never raised. Throws
/// <see cref="LogUnavailableException"/> when nobody answers.</param>
/// <param name="RaiseAsync">Raises them: a lower position than before has no effect. Durable when it returns. Throws
/// <see cref="LogUnavailableException"/> when not all of them are.</param>
internal sealed record StoredOffsets(
    Func<IReadOnlyCollection<int>, CancellationToken, ValueTask<IReadOnlyDictionary<int, Position>>> ReadAsync,
    Func<IReadOnlyDictionary<int, Position>, CancellationToken, ValueTask> RaiseAsync)
{
    /// <summary>Those of a store that raises them itself and knows them without waiting.</summary>
    public static StoredOffsets Of(Func<int, Position> passed) => new(
        (partitions, _) => ValueTask.FromResult<IReadOnlyDictionary<int, Position>>(
            partitions.ToDictionary(static one => one, passed)),
        static (_, _) => ValueTask.CompletedTask);
}
