namespace LiveChat.Client;

/// <summary>
/// Tasks that may fail when no caller waits for them any more. Their failures are observed here, so that they never
/// reach <see cref="TaskScheduler.UnobservedTaskException"/> of the application. Any thread.
/// </summary>
internal static class Waiting
{
    /// <summary>Waits for a task until the token is cancelled. Its failure after that is nobody's.</summary>
    public static Task<T> OrGiveUpAsync<T>(this Task<T> task, CancellationToken cancellationToken)
    {
        _ = task.ContinueWith(
            static failed => _ = failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return task.WaitAsync(cancellationToken);
    }

    /// <summary>Fails a task that may have no waiter.</summary>
    public static void TryFail<T>(this TaskCompletionSource<T> source, Exception reason)
    {
        if (source.TrySetException(reason)) _ = source.Task.Exception;
    }

    /// <inheritdoc cref="TryFail{T}"/>
    public static void TryFail(this TaskCompletionSource source, Exception reason)
    {
        if (source.TrySetException(reason)) _ = source.Task.Exception;
    }
}
