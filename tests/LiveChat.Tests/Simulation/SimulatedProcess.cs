using LiveChat.Core.Timing;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// A process of the simulation: the context in which its continuations and its timers run. Killing it is what
/// <c>kill -9</c> is to a real one: nothing of it ever runs again, whatever it was waiting for.
/// Threading: all of it on the scheduler's one thread.
/// </summary>
internal sealed class SimulatedProcess(SeededScheduler scheduler, string name) : SynchronizationContext
{
    public string Name => name;

    private readonly Queue<(SendOrPostCallback Callback, object? State)> _held = [];

    public bool IsDead { get; private set; }

    /// <summary>Whether nothing of it runs for the time being, as when its machine is paused.</summary>
    public bool IsFrozen { get; private set; }

    public void Freeze() => IsFrozen = true;

    /// <summary>It goes on as if no time had passed.</summary>
    public void Thaw()
    {
        IsFrozen = false;
        while (_held.TryDequeue(out var held)) Post(held.Callback, held.State);
    }

    /// <summary>Keeps a callback for later; false when it may run.</summary>
    public bool TryHold(SendOrPostCallback callback, object? state)
    {
        if (IsFrozen) _held.Enqueue((callback, state));
        return IsFrozen;
    }

    public void Kill() => IsDead = true;

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!IsDead)
            scheduler.Post(this, d, state);
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new SimulationException("Nothing may block on a simulated process.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Starts the work in this process. An exception that leaves it ends the run.</summary>
    public void Start(Func<Task> work) => Post(static state => ((Func<Task>)state!)().ContinueWith(
        static (task, me) => ((SeededScheduler)me!).Fail(task.Exception!.GetBaseException()),
        ((SimulatedProcess)Current!).Scheduler,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default), work);

    /// <summary>
    /// Runs the work in this process and gives its result to the caller's. Never completes when this process is
    /// killed before: the caller brings its own time-out, as with a remote machine.
    /// </summary>
    public Task<T> CallAsync<T>(Func<ValueTask<T>> work)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Start(async () =>
        {
            try
            {
                result.TrySetResult(await work());
            }
            catch (Exception exception)
            {
                result.TrySetException(exception);
            }
        });
        return result.Task.InContextAsync();
    }

    private SeededScheduler Scheduler => scheduler;
}
