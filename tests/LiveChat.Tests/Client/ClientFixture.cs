using LiveChat.Client;
using LiveChat.Protocol.Frames;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>A client, its peer and a clock that the test moves while it waits.</summary>
internal sealed class ClientFixture : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly List<ConnectionChange> _changes = [];

    public ClientFixture(
        int seed = 1, int eventCapacity = 1024, Func<Uri, CancellationToken, ValueTask<ITransport>>? connect = null)
    {
        Client = new LiveChatClient(
            new LiveChatClientOptions
            {
                Endpoint = new Uri("http://peer"),
                TokenProvider = cancellationToken => Tokens(cancellationToken),
                Time = Time,
                Random = new Random(seed),
                EventCapacity = eventCapacity,
                RequestTimeout = TimeSpan.FromSeconds(3),
            },
            connect ?? Peer.ConnectAsync);
        Client.ConnectionChanged += change =>
        {
            lock (_changes) _changes.Add(change);
        };
    }

    public FakePeer Peer { get; } = new();

    public Func<CancellationToken, ValueTask<string>> Tokens { get; set; } = _ => ValueTask.FromResult("token");

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 24, 3, 5, 0, TimeSpan.Zero));

    public LiveChatClient Client { get; }

    public IReadOnlyList<ConnectionChange> Changes
    {
        get
        {
            lock (_changes) return [.. _changes];
        }
    }

    public Task ConnectAsync() => PassAsync(Client.ConnectAsync(CancellationToken.None));

    /// <summary>Lets time pass until the task is done.</summary>
    public async Task<T> PassAsync<T>(Task<T> task)
    {
        await PassAsync((Task)task);
        return await task;
    }

    public async Task PassAsync(Task task)
    {
        for (var steps = 0; !task.IsCompleted; steps++)
        {
            Assert.True(steps < 20_000, "It never ends.");
            await Task.WhenAny(task, Task.Delay(Tick, TimeProvider.System));
            Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        await task;
    }

    /// <summary>Waits while the clock stands still, for what happens by itself.</summary>
    public static async Task StandStillUntilAsync(Func<bool> isSo)
    {
        while (!isSo()) await Task.Delay(Tick, TimeProvider.System);
    }

    /// <summary>Lets time pass until something is so.</summary>
    public Task UntilAsync(Func<bool> isSo) => PassAsync(Task.Run(async () =>
    {
        while (!isSo()) await Task.Delay(Tick, TimeProvider.System);
    }));

    /// <summary>The texts of the next messages that the application gets.</summary>
    public Task<List<ChatEvent>> ReadAsync(int count) => PassAsync(Task.Run(async () =>
    {
        var read = new List<ChatEvent>();
        if (count == 0) return read;
        await foreach (var happened in Client.ReadEventsAsync(CancellationToken.None))
        {
            read.Add(happened);
            if (read.Count == count) break;
        }

        return read;
    }));

    public async ValueTask DisposeAsync()
    {
        await PassAsync(Client.DisposeAsync().AsTask());
        await Peer.DisposeAsync();
    }
}
