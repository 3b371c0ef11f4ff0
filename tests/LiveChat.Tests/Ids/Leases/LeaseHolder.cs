using LiveChat.Core.Ids;
using LiveChat.Tests.Simulation;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Tests.Ids.Leases;

/// <summary>One run of a node that does nothing but issue ids.</summary>
internal sealed class LeaseHolder(
    SeededScheduler scheduler, INodeIdStore store, IHighWater? highWater, string name, int seed, Action<ulong> issued)
    : IDisposable
{
    private readonly SimulatedProcess _process = new(scheduler, name);
    private readonly CancellationTokenSource _stop = new();
    private readonly Random _random = new(seed);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public JumpingTime Time { get; } = new(scheduler.Time);

    /// <summary>The lease, once it is taken.</summary>
    public NodeIdLease? Lease { get; private set; }

    /// <summary>Ids that were issued.</summary>
    public int Count { get; private set; }

    /// <summary>Why none was issued the last time.</summary>
    public string? Refusal { get; private set; }

    public void Start(TimeSpan every) => _process.Start(() => RunAsync(every));

    public void Kill() => _process.Kill();

    /// <summary>An orderly end.</summary>
    public async Task StopAsync()
    {
        _stop.Cancel();
        await _ended.Task;
    }

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync(TimeSpan every)
    {
        try
        {
            var bytes = new byte[16];
            _random.NextBytes(bytes);
            Lease = await NodeIdLease.TakeAsync(
                store, highWater, name, new Guid(bytes), Time, _random, NullLoggerFactory.Instance, _stop.Token);
            var running = Lease.RunAsync(_stop.Token);
            while (!_stop.IsCancellationRequested)
            {
                Issue();
                await Task.Delay(every * (0.5 + _random.NextDouble()), Time, _stop.Token);
            }

            await running;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            if (Lease is { } lease) await lease.ReleaseAsync();
        }

        _ended.SetResult();
    }

    private void Issue()
    {
        try
        {
            for (var i = _random.Next(1, 4); i > 0; i--)
            {
                issued(Lease!.Generator.Next());
                Count++;
            }

            Refusal = null;
        }
        catch (IdUnavailableException e)
        {
            Refusal = e.Message;
        }
    }
}
