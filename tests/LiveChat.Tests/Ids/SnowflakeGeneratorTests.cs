using System.Collections.Concurrent;
using LiveChat.Core.Ids;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Ids;

public sealed class SnowflakeGeneratorTests
{
    private const long StartMs = 1_800_000_000_000;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(StartMs));

    // What a durable mark would hold: it outlives the generator.
    private long _durableMs;

    [Fact]
    public void An_id_carries_time_node_and_sequence()
    {
        var generator = Create(node: 1023);
        var first = generator.Next();
        var second = generator.Next();

        Assert.Equal(StartMs, Snowflake.UnixMilliseconds(first));
        Assert.Equal(1023, Snowflake.Node(first));
        Assert.Equal(first + 1, second);
        _time.Advance(TimeSpan.FromMilliseconds(7));
        Assert.Equal(StartMs + 7, Snowflake.UnixMilliseconds(generator.Next()));
    }

    [Fact]
    public void A_used_up_millisecond_borrows_the_next_ones_and_no_more_than_five_seconds()
    {
        var generator = Create();
        var ids = new HashSet<ulong>();
        for (var i = 0; i < 8192; i++)
        {
            Assert.Equal(StartMs, Snowflake.UnixMilliseconds(Take(generator, ids)));
        }

        Assert.Equal(StartMs + 1, Snowflake.UnixMilliseconds(Take(generator, ids)));

        // The clock is now 4,999 ms behind the last time: what is left of that millisecond may be used, no other.
        _time.AdjustTime(_time.GetUtcNow() - TimeSpan.FromMilliseconds(4999));
        for (var i = 1; i < 8192; i++)
        {
            Assert.Equal(StartMs + 1, Snowflake.UnixMilliseconds(Take(generator, ids)));
        }

        Assert.Throws<IdUnavailableException>(() => generator.Next());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(StartMs + 2, Snowflake.UnixMilliseconds(Take(generator, ids)));
    }

    [Fact]
    public void A_clock_that_goes_back_a_little_is_sat_out_and_a_lot_is_refused()
    {
        var generator = Create();
        var before = generator.Next();
        _time.AdjustTime(_time.GetUtcNow() - TimeSpan.FromSeconds(5));
        Assert.Equal(before + 1, generator.Next());

        _time.AdjustTime(_time.GetUtcNow() - TimeSpan.FromMilliseconds(1));
        Assert.Throws<IdUnavailableException>(() => generator.Next());

        // And goes on above what was issued once the clock is near again.
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(before + 2, generator.Next());
    }

    [Fact]
    public void Nothing_is_issued_at_or_above_the_end_of_a_lease()
    {
        var generator = new SnowflakeGenerator(3, floorMs: 0, extend: _ => StartMs + 10, _time);
        generator.Next();
        _time.Advance(TimeSpan.FromMilliseconds(9));
        generator.Next();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Throws<IdUnavailableException>(() => generator.Next());
    }

    [Fact]
    public void The_limit_is_durable_before_an_id_below_it_is_issued()
    {
        var asked = new List<long>();
        var generator = new SnowflakeGenerator(
            3,
            floorMs: 0,
            extend: wantedMs =>
            {
                asked.Add(wantedMs);
                return wantedMs + 100;
            },
            _time);
        Assert.Empty(asked);
        for (var i = 0; i < 250; i++)
        {
            Assert.True(Snowflake.UnixMilliseconds(generator.Next()) < asked[^1] + 100);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal([StartMs, StartMs + 100, StartMs + 200], asked);
    }

    [Fact]
    public void A_stopped_generator_issues_nothing_and_names_the_floor_of_the_next()
    {
        var generator = Create();
        var last = generator.Next();
        var floorMs = generator.Stop();
        Assert.Throws<IdUnavailableException>(() => generator.Next());
        Assert.Equal(Snowflake.UnixMilliseconds(last) + 1, floorMs);
    }

    [Fact]
    public async Task No_id_is_issued_twice_across_threads_restarts_and_clock_shifts()
    {
        // A million ids, a hundred million when asked for. Ids of one node only rise, so it is enough that those of
        // a round differ from each other and are above all of the former rounds.
        var isLong = Environment.GetEnvironmentVariable("LIVECHAT_LONG") == "1";
        var rounds = isLong ? 1000 : 10;
        const int idsPerThread = 25_000;
        const int threads = 4;
        const int seed = 20_260_101;
        var random = new Random(seed);
        var highest = 0UL;
        for (var round = 0; round < rounds; round++)
        {
            // A restart: what is left of the former generator is its durable mark.
            var generator = Create(node: 7);
            var chunks = new ConcurrentBag<ulong[]>();
            var workers = Enumerable.Range(0, threads).Select(_ => Task.Run(() =>
            {
                var ids = new ulong[idsPerThread];
                for (var i = 0; i < ids.Length; i++)
                {
                    ids[i] = generator.Next();
                }

                chunks.Add(ids);
            }));
            var working = Task.WhenAll(workers);

            // Meanwhile the clock goes back and forth within what the generator sits out.
            for (var shift = 0; shift < 20; shift++)
            {
                _time.AdjustTime(_time.GetUtcNow().AddMilliseconds(random.Next(-200, 100)));
                await Task.Yield();
            }

            await working;
            var all = chunks.SelectMany(ids => ids).ToArray();
            Array.Sort(all);
            Assert.Equal(threads * idsPerThread, all.Length);
            Assert.True(all[0] > highest, $"Round {round}, seed {seed}: {all[0]} was issued before {highest}.");
            for (var i = 1; i < all.Length; i++)
            {
                Assert.True(all[i] > all[i - 1], $"Round {round}, seed {seed}: {all[i]} was issued twice.");
            }

            highest = all[^1];
            _time.AdjustTime(_time.GetUtcNow().AddSeconds(5));
        }
    }

    private SnowflakeGenerator Create(int node = 0) => new(
        node,
        _durableMs,
        wantedMs => _durableMs = wantedMs + 500,
        _time);

    private static ulong Take(SnowflakeGenerator generator, HashSet<ulong> ids)
    {
        var id = generator.Next();
        Assert.True(ids.Add(id));
        return id;
    }
}
