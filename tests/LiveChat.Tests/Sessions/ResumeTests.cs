using System.Globalization;
using LiveChat.Core.Ingest;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>A device that comes back: what it missed is named, or it is told to sync.</summary>
public sealed class ResumeTests
{
    [Fact]
    public async Task A_new_device_is_fresh_and_its_sync_names_every_chat_and_a_position()
    {
        await using var node = await TestNode.StartAsync();
        var bob = await node.ConnectAsync("bob");
        var chat = await bob.CreateAsync("ann");
        var sent = await bob.AckAsync(bob.Message(chat, "while you were away"));

        var ann = await node.ConnectAsync("ann");
        Assert.Equal("fresh", ann.Ready.Resume);
        var sync = await ann.SyncAsync();
        var item = Assert.Single(sync.Items);
        Assert.Equal((chat, sent.Seq, 1L), (item.Chat, item.HeadSeq, item.Unread));
        Assert.Equal("bob", item.With);
        Assert.NotNull(sync.Since);
        Assert.Equal(ann.Ready.Epoch, sync.Epoch);
    }

    [Fact]
    public async Task A_device_that_comes_back_is_told_what_moved()
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var bob = await node.ConnectAsync("bob");
        var chat = await bob.CreateAsync("ann");
        var since = await BegunAsync(ann);
        await ann.DisposeAsync();
        var missed = await bob.AckAsync(bob.Message(chat, "missed"));

        var again = await node.ConnectAsync("ann", since);

        // History may be a moment behind the acknowledgement: what the answer does not name is said as a head.
        var named = again.Ready.Behind?.Single();
        Assert.Equal(named is null ? "recovered" : "partial", again.Ready.Resume);
        if (named is not null) Assert.Equal(chat, named.Chat);
        if (named is null || named.HeadSeq < missed.Seq)
            Assert.Equal(missed.Seq, (await again.NextAsync<ChatHeadFrame>()).Seq);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("1")]
    [InlineData("ffffffffffffffff")]
    [InlineData("7fffffffffffffff")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    public async Task A_position_that_says_nothing_means_a_full_sync(string since)
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann", since);
        Assert.Equal("fresh", ann.Ready.Resume);
    }

    [Fact]
    public async Task A_position_from_the_future_was_made_under_a_wrong_clock_and_means_a_full_sync()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        await using var node = await TestNode.StartAsync(time);
        var later = await node.SinceAsync(time.GetUtcNow().AddMinutes(2).ToUnixTimeMilliseconds());
        Assert.Equal("fresh", (await node.ConnectAsync("ann", later)).Ready.Resume);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("recovered", (await node.ConnectAsync("ann", later)).Ready.Resume);
    }

    [Fact]
    public async Task A_partition_that_is_behind_makes_nobody_elses_resume_longer()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        await using var node = await TestNode.StartAsync(time);
        var bob = await node.ConnectAsync("bob");
        var behind = await bob.CreateAsync(null, "ann");
        var partition = PartitionOf(behind);
        for (var i = 0; i < 20; i++) await bob.CreateAsync(null, "ann");
        Assert.True(await node.WhileTimeMovesAsync(node.Node.CatchUpAsync(default)));
        var created = time.GetUtcNow().ToUnixTimeMilliseconds();
        time.Advance(TimeSpan.FromMinutes(5));
        var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        await node.SinceAsync(nowMs);
        var since = new Since(node.Node.StartId, nowMs)
        {
            Stragglers = [new Straggler((ushort)partition, created - 60_000)],
        };

        var ann = await node.ConnectAsync("ann", TestNode.Seal.Write(since));
        Assert.Equal("partial", ann.Ready.Resume);
        Assert.All(ann.Ready.Behind!, chat => Assert.Equal(partition, PartitionOf(chat.Chat)));
        Assert.Contains(ann.Ready.Behind!, chat => chat.Chat == behind);

        int PartitionOf(string chat) =>
            Partitioner.PartitionOf(new ChatId(ulong.Parse(chat, CultureInfo.InvariantCulture)), node.Log.Partitions);
    }

    [Fact]
    public async Task A_sync_names_every_chat_once_however_many_pages_it_takes()
    {
        const int Chats = 230;
        await using var node = await TestNode.StartAsync(options: Fast());
        var ann = await node.ConnectAsync("ann");
        var made = new List<string>();
        for (var i = 0; i < Chats; i++) made.Add(await ann.CreateAsync($"u{i}"));

        // What comes behind the session's barrier is delivered to it, and need not be in the list yet.
        Assert.True(await node.Node.CatchUpAsync(default));
        var named = new List<string>();
        var pages = 0;
        for (string? cursor = null; pages == 0 || cursor is not null; pages++)
        {
            var page = await ann.SyncAsync(cursor);
            named.AddRange(page.Items.Select(static item => item.Chat));
            cursor = page.Next;
            Assert.Equal(cursor is null, page.Since is not null);
        }

        Assert.Equal(made.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
        Assert.Equal((Chats + 99) / 100, pages);
    }

    /// <summary>A position is nothing, and a resume fresh, until delivery has begun in every partition.</summary>
    private static async Task<string?> BegunAsync(TestDevice device)
    {
        string? since;
        do since = (await device.SyncAsync()).Since;
        while (since == "0");
        return since;
    }

    private static NodeOptions Fast() => new()
    {
        Rates = new RateOptions { UserPerSecond = 10_000, UserBurst = 10_000 },
        Sessions = new SessionOptions { FramesPerSecond = 10_000, FramesBurst = 10_000 },
    };
}
