using LiveChat.Core.Workers;
using LiveChat.Tests.Simulation;
using Xunit;

namespace LiveChat.Tests.Workers;

/// <summary>No more than so many at once, in the order of coming, and nobody who gave up keeps a slot.</summary>
public sealed class ReadSlotsTests
{
    private readonly ReadSlots _slots = new(1);

    [Fact]
    public async Task Whoever_comes_when_it_is_full_waits_for_who_leaves()
    {
        await _slots.EnterAsync(TestContext.Current.CancellationToken);
        var second = _slots.EnterAsync(TestContext.Current.CancellationToken).AsTask();
        var third = _slots.EnterAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(second.IsCompleted);

        _slots.Leave();
        await second;
        Assert.False(third.IsCompleted);
        _slots.Leave();
        await third;
    }

    [Fact]
    public void A_slot_is_taken_at_once_or_not_at_all()
    {
        Assert.True(_slots.TryEnter());
        Assert.False(_slots.TryEnter());
        _slots.Leave();
        Assert.True(_slots.TryEnter());
    }

    [Fact]
    public async Task Whoever_gives_up_is_passed_over()
    {
        await _slots.EnterAsync(TestContext.Current.CancellationToken);
        using var patience = new CancellationTokenSource();
        var second = _slots.EnterAsync(patience.Token).AsTask();
        var third = _slots.EnterAsync(TestContext.Current.CancellationToken).AsTask();

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        _slots.Leave();
        await third;
    }

    [Fact]
    public void A_full_house_stays_on_the_one_thread()
    {
        var scheduler = new SeededScheduler(3);
        var order = new List<int>();
        scheduler.Run(async () => await Task.WhenAll(Enumerable.Range(0, 5).Select(ReadAsync)));
        Assert.Equal(5, order.Count);

        async Task ReadAsync(int number)
        {
            using var patience = new CancellationTokenSource();
            await _slots.EnterAsync(patience.Token);
            await Task.Delay(TimeSpan.FromSeconds(1), scheduler.Time, patience.Token);
            order.Add(number);
            _slots.Leave();
        }
    }
}
