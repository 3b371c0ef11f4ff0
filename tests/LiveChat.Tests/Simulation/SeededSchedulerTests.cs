using System.Threading.Channels;
using Xunit;

namespace LiveChat.Tests.Simulation;

/// <summary>What the simulator stands on: one thread, an order that the seed chooses, death that is final.</summary>
public sealed class SeededSchedulerTests
{
    [Fact]
    public void The_same_seed_gives_the_same_order() => Assert.Equal(Interleave(7), Interleave(7));

    [Fact]
    public void Other_seeds_give_other_orders() =>
        Assert.True(Enumerable.Range(0, 20).Select(Interleave).Distinct().Count() > 10);

    [Fact]
    public void Waiting_for_an_hour_takes_no_time()
    {
        var scheduler = new SeededScheduler(1);
        var before = scheduler.Time.GetUtcNow();
        scheduler.Run(async () => await Task.Delay(TimeSpan.FromHours(1), scheduler.Time));
        Assert.Equal(TimeSpan.FromHours(1), scheduler.Time.GetUtcNow() - before);
    }

    [Fact]
    public void A_standstill_is_an_error_and_no_hang()
    {
        var scheduler = new SeededScheduler(1);
        var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.Throws<SimulationException>(() => scheduler.Run(() => never.Task));
    }

    [Fact]
    public void A_killed_process_never_runs_again()
    {
        var scheduler = new SeededScheduler(3);
        var process = new SimulatedProcess(scheduler, "node");
        var beats = 0;
        scheduler.Run(async () =>
        {
            process.Start(async () =>
            {
                while (true)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), scheduler.Time);
                    beats++;
                }
            });
            await Task.Delay(TimeSpan.FromSeconds(10.5), scheduler.Time);
            process.Kill();
            await Task.Delay(TimeSpan.FromSeconds(10), scheduler.Time);
        });
        Assert.InRange(beats, 1, 10);
    }

    [Fact]
    public void A_callback_from_another_thread_is_an_error()
    {
        var scheduler = new SeededScheduler(1);
        Assert.Throws<SimulationException>(() => scheduler.Run(async () =>
        {
            var context = SynchronizationContext.Current!;
            var thread = new Thread(() => context.Post(static _ => { }, null));
            thread.Start();
            thread.Join();
            await Task.Delay(TimeSpan.FromSeconds(1), scheduler.Time);
        }));
    }

    [Fact]
    public void An_exception_that_nobody_awaits_ends_the_run()
    {
        var scheduler = new SeededScheduler(1);
        var process = new SimulatedProcess(scheduler, "node");
        Assert.Throws<SimulationException>(() => scheduler.Run(async () =>
        {
            process.Start(async () =>
            {
                await Task.Yield();
                throw new InvalidOperationException("Nobody awaits this.");
            });
            await Task.Delay(TimeSpan.FromSeconds(1), scheduler.Time);
        }));
    }

    [Fact]
    public void Channels_stay_on_the_one_thread()
    {
        var scheduler = new SeededScheduler(5);
        var channel = Channel.CreateBounded<int>(new BoundedChannelOptions(2)
        {
            FullMode = BoundedChannelFullMode.Wait,
            SingleReader = true,
            SingleWriter = true,
            AllowSynchronousContinuations = false,
        });
        var read = new List<int>();
        scheduler.Run(async () =>
        {
            new SimulatedProcess(scheduler, "writer").Start(async () =>
            {
                for (var i = 0; i < 10; i++)
                    await channel.Writer.WriteAsync(i);
                channel.Writer.Complete();
            });
            while (await channel.Reader.WaitToReadAsync())
                while (channel.Reader.TryRead(out var item))
                    read.Add(item);
        });
        Assert.Equal(Enumerable.Range(0, 10), read);
    }

    private static string Interleave(int seed)
    {
        var scheduler = new SeededScheduler(seed);
        var order = "";
        scheduler.Run(async () =>
        {
            await Task.WhenAll("abcd".Select(Speak));
        });
        return order;

        async Task Speak(char name)
        {
            for (var i = 0; i < 5; i++)
            {
                await Task.Yield();
                order += name;
            }
        }
    }
}
