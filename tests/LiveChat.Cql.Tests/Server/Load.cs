using System.Collections.Concurrent;
using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Tests.Server;

/// <summary>
/// Sixteen writers that raise one row each by a counter of their own, and read it back. A read must give at least
/// the last confirmed value and at most the last tried one.
/// </summary>
internal sealed class Load(TestSchema schema, PreparedStatement update, PreparedStatement select)
{
    private const int Writers = 16;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private volatile bool _isStopping;
    private readonly ConcurrentQueue<string> _wrong = new();
    private readonly int[] _confirmed = new int[Writers];
    private readonly int[] _tried = new int[Writers];
    private Task[] _running = [];
    private int _good;
    private int _failed;

    public static async Task<Load> StartAsync(TestSchema schema)
    {
        var load = new Load(
            schema, await schema.PrepareAsync("UPDATE ks.t SET v = ? WHERE p = ?"),
            await schema.PrepareAsync("SELECT v FROM ks.t WHERE p = ?"));
        load._running = [.. Enumerable.Range(0, Writers).Select(load.RunAsync)];
        return load;
    }

    public Task RunForAsync(int requests) => WaitForGoodRunAsync(requests, Patience);

    public async Task WaitForGoodRunAsync(int requests, TimeSpan patience)
    {
        var goal = Volatile.Read(ref _good) + requests;
        await WaitAsync(() => Volatile.Read(ref _good) >= goal, patience);
    }

    public async Task WaitForFailuresAsync(TimeSpan patience)
    {
        var goal = Volatile.Read(ref _failed) + Writers;
        await WaitAsync(() => Volatile.Read(ref _failed) >= goal, patience);
    }

    public async Task StopAsync()
    {
        _isStopping = true;
        await Task.WhenAll(_running);
    }

    public async Task VerifyAsync()
    {
        Assert.Empty(_wrong);
        for (var writer = 0; writer < Writers; writer++) await ReadAsync(writer);
        Assert.Empty(_wrong);
    }

    private async Task WaitAsync(Func<bool> isReached, TimeSpan patience)
    {
        using var timeout = new CancellationTokenSource(patience);
        while (!isReached())
        {
            Assert.Empty(_wrong);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, timeout.Token);
        }
    }

    private async Task RunAsync(int writer)
    {
        while (!_isStopping)
        {
            try
            {
                await WriteAsync(writer);
                await ReadAsync(writer);
                Interlocked.Increment(ref _good);
            }
            catch (CqlException)
            {
                Interlocked.Increment(ref _failed);
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
            }
        }
    }

    private async Task WriteAsync(int writer)
    {
        var value = ++_tried[writer];
        var bound = update.Bind().Set(0, value).Set(1, writer);
        bound.TimestampMicroseconds = value;
        bound.IsIdempotent = true;
        await schema.Session.ExecuteAsync(bound);
        _confirmed[writer] = value;
    }

    private async Task ReadAsync(int writer)
    {
        using var rows = await schema.Session.ExecuteAsync(select.Bind().Set(0, writer));
        var value = rows.Count == 0 ? 0 : rows[0].GetInt32(0);
        if (value < _confirmed[writer] || value > _tried[writer])
            _wrong.Enqueue($"writer {writer} read {value}, confirmed {_confirmed[writer]}, tried {_tried[writer]}");
    }
}
