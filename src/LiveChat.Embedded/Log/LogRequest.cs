using LiveChat.Core.Log;

namespace LiveChat.Embedded.Log;

/// <summary>Something that waits for the committer.</summary>
internal abstract class LogRequest(int partition)
{
    public int Partition { get; } = partition;

    public abstract int Bytes { get; }

    /// <summary>It is durable.</summary>
    public abstract void Complete();

    /// <summary>Its outcome is unknown, unless it was completed before.</summary>
    public abstract void Fail(LogFailedException failure);
}

/// <summary>An append: the value as it is stored, with room for the header that the committer fills.</summary>
internal sealed class LogAppend(int partition, byte[] value) : LogRequest(partition)
{
    private readonly TaskCompletionSource<Appended> _durable =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public byte[] Value { get; } = value;

    public Appended Answer { get; set; }

    public Task<Appended> Durable => _durable.Task;

    public override int Bytes => Value.Length;

    public override void Complete() => _durable.SetResult(Answer);

    public override void Fail(LogFailedException failure) => _durable.TrySetException(failure);
}

/// <summary>A trimming; ends with where the partition begins then.</summary>
internal sealed class LogTrim(int partition, Position through) : LogRequest(partition)
{
    private readonly TaskCompletionSource<Position> _durable =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Position Through { get; } = through;

    public Position Begin { get; set; }

    public Task<Position> Durable => _durable.Task;

    public override int Bytes => 0;

    public override void Complete() => _durable.SetResult(Begin);

    public override void Fail(LogFailedException failure) => _durable.TrySetException(failure);
}
