namespace LiveChat.Tests.Simulation;

/// <summary>
/// Runs everything that was posted to its processes one callback at a time, on the calling thread, in an order that
/// the seed chooses; moves the time to the next timer when nothing can run, and now and then before that, so that a
/// time-out also comes while there is work (a slow machine). A run is a function of its seed as long as nothing in
/// it uses another thread: a callback that comes from one is an error, as are a standstill and too many steps.
/// </summary>
internal sealed class SeededScheduler(int seed, int stepsMax = SeededScheduler.DefaultStepsMax)
{
    public const int DefaultStepsMax = 200_000;

    /// <summary>One step of this many moves the time although something could run.</summary>
    private const int EarlyTimeOneIn = 50;

    /// <summary>A machine may be slow, but not by more than this for one step.</summary>
    private static readonly TimeSpan EarlyTimeMax = TimeSpan.FromSeconds(1);

    private readonly List<Work> _ready = [];
    private readonly Random _random = new(seed);
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private Exception? _fault;

    /// <summary>How many callbacks have run: the order in which things happened, finer than the time.</summary>
    public int Steps { get; private set; }

    public SimulatedTime Time { get; } = new();

    /// <summary>Runs the story in a process of its own until it ends; whatever else is under way then stays undone.
    /// </summary>
    public void Run(Func<Task> story)
    {
        var former = SynchronizationContext.Current;
        var process = new SimulatedProcess(this, "world");
        try
        {
            SynchronizationContext.SetSynchronizationContext(process);
            var task = story();
            while (!task.IsCompleted)
                Step();
            task.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(former);
        }
    }

    internal void Post(SimulatedProcess process, SendOrPostCallback callback, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
            _fault = new SimulationException(
                "A callback came from another thread: something in the code under test left the scheduler.\n"
                + Environment.StackTrace);
        else
            _ready.Add(new Work(process, callback, state));
    }

    /// <summary>Notes an exception that nobody awaits: the run ends with it.</summary>
    internal void Fail(Exception exception) => _fault ??= exception;

    private void Step()
    {
        if (_fault is { } fault)
            throw new SimulationException(fault.Message, fault);
        if (++Steps > stepsMax)
            throw new SimulationException($"Not done after {stepsMax} steps.");
        if (_ready.Count == 0 || _random.Next(EarlyTimeOneIn) == 0)
        {
            var moved = Time.AdvanceToNextTimer(_ready.Count == 0 ? TimeSpan.MaxValue : EarlyTimeMax);
            if (!moved && _ready.Count == 0)
                throw new SimulationException(
                    "A standstill: nothing can run and no timer is set. Either something waits for ever, or it left "
                    + "the scheduler: ConfigureAwait(false) does, and so do ChannelReader.ReadAllAsync, "
                    + "SemaphoreSlim.WaitAsync with a token, ValueTask.AsTask and CancelAsync, which use it inside.");
            if (_ready.Count == 0)
                return;
        }

        var index = _random.Next(_ready.Count);
        var work = _ready[index];
        _ready[index] = _ready[^1];
        _ready.RemoveAt(_ready.Count - 1);
        if (work.Process.IsDead || work.Process.TryHold(work.Callback, work.State))
            return;
        SynchronizationContext.SetSynchronizationContext(work.Process);
        work.Callback(work.State);
    }

    private readonly record struct Work(SimulatedProcess Process, SendOrPostCallback Callback, object? State);
}
