using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Identities;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using LiveChat.Tests.Sessions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.History.Reading;

/// <summary>What waits for history costs: one look for all, however many wait and whatever moves.</summary>
public sealed class HeadLooksTests : IAsyncDisposable
{
    private static readonly ChatId Chat = new(7);
    private static readonly UserId Ann = UserId.Parse("ann");
    private static readonly TimeSpan Part = TimeSpan.FromMilliseconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryHistoryStore _memory = new("epoch");
    private readonly TailCache _tails = new();
    private readonly QuietContext _context = new();
    private readonly CountingStore _store;
    private readonly HistoryReader _reader;

    public HeadLooksTests()
    {
        _store = new CountingStore(_memory);
        _reader = new HistoryReader(
            _store, _memory, new InMemoryIdentityStore(), _tails, static (_, _) => true,
            new HeadLooks(_store, static _ => { }, _time), _time, static (_, _) => { });
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _memory.DisposeAsync();
    }

    [Fact]
    public async Task Two_hundred_who_wait_for_what_never_comes_are_one_look_in_50_ms()
    {
        var events = ChatEvents.Of(
            [Records.Created("ann", 0, "bob"), .. Enumerable.Range(1, 200).Select(i => Records.Message("bob", i))],
            Chat.Value);
        await WriteAsync(events[..1]);
        var pages = Enumerable.Range(0, 200).Select(_ => PageAsync(Limits.SeqMax)).ToArray();
        await _context.QuietAsync();
        var asked = _store.Reads;
        Assert.Equal(2 * pages.Length, asked); // A head and the stays each.

        // The chat moves at each part of the time, which is no reason to look sooner.
        var looks = new List<(double AtMs, int Count)>();
        for (var part = 1; part < 100; part++)
        {
            await WriteAsync(events[part..(part + 1)]);
            var before = _store.Reads;
            await AdvanceAsync();
            if (_store.Reads > before) looks.Add((part * Part.TotalMilliseconds, _store.Reads - before));
        }

        Assert.Equal([20, 70, 150, 250, 350, 450, 550, 650, 750, 850, 950], looks.Select(static look => look.AtMs));
        Assert.All(looks, static look => Assert.Equal(1, look.Count));
        await AdvanceAsync();
        foreach (var page in pages) Assert.Equal(ErrorCode.Unavailable, (await page).Error);
        Assert.InRange(_store.Reads - asked, looks.Count, looks.Count + (2 * pages.Length) + 1);
    }

    [Fact]
    public async Task Whoever_comes_and_goes_makes_no_look_sooner_than_50_ms_behind_the_last()
    {
        await WriteAsync(ChatEvents.Of([Records.Created("ann", 0, "bob")], Chat.Value));
        var looks = new List<int>();
        for (var part = 0; part < 50; part++)
        {
            using var gone = new CancellationTokenSource();
            var page = _context.Run(() => _reader
                .ReadPageAsync(Ann, Chat, new PageQuery { MinSeq = 9 }, gone.Token).AsTask());
            await _context.QuietAsync();
            var before = _store.Reads;
            await AdvanceAsync();
            if (_store.Reads > before) looks.Add(part);
            gone.Cancel();
            await _context.QuietAsync();
            Assert.True(page.IsCanceled);
        }

        Assert.True(looks.Count > 1);
        Assert.All(looks.Zip(looks.Skip(1)), static pair =>
            Assert.True((pair.Second - pair.First) * Part >= HeadLooks.Floor));
    }

    [Fact]
    public async Task Each_is_answered_at_the_look_that_finds_what_it_waits_for()
    {
        var events = ChatEvents.Of(
            [Records.Created("ann", 0, "bob"), Records.Message("bob", 1), Records.Message("bob", 2)], Chat.Value);
        await WriteAsync(events[..1]);
        var (second, third) = (PageAsync(2), PageAsync(3));
        var target = _context.Run(() => _reader.ReadTargetAsync(Ann, Chat, 3, default).AsTask());
        await WriteAsync(events[1..2]);
        await AdvanceAsync();
        await AdvanceAsync();
        Assert.Equal(2, (await second).Value!.HeadSeq);
        Assert.False(third.IsCompleted);
        Assert.False(target.IsCompleted);
        await WriteAsync(events[2..]);
        for (var part = 0; part < 5; part++) await AdvanceAsync();
        Assert.Equal(3, (await third).Value!.HeadSeq);
        Assert.Equal(3UL, (await target)!.Seq);
    }

    private Task<ReadResult<Page>> PageAsync(long minSeq) => _context.Run(() => _reader
        .ReadPageAsync(Ann, Chat, new PageQuery { MinSeq = minSeq }, default).AsTask());

    private async Task AdvanceAsync()
    {
        await _context.QuietAsync();
        _time.Advance(Part);
        await _context.QuietAsync();
    }

    private ValueTask WriteAsync(List<Core.Chats.SequencedEvent> events) =>
        _memory.WriteAsync([HistoryRowsBuilder.Build(events)], default);
}
