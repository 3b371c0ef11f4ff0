namespace LiveChat.Loads;

/// <summary>The first failure of a load, which ends every wait for it. Any thread.</summary>
/// <param name="time">The clock.</param>
internal sealed class FirstFailure(TimeProvider time)
{
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Something failed; only the first that does counts.</summary>
    public void Note(Exception failed) => _failed.TrySetException(LoadException.Of(failed) ?? failed);

    /// <summary>Waits while the load goes on.</summary>
    /// <exception cref="LoadException">It failed.</exception>
    public async Task WaitAsync(TimeSpan pause, CancellationToken cancellationToken) =>
        await await Task.WhenAny(Task.Delay(pause, time, cancellationToken), _failed.Task);
}
