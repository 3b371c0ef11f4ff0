using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Embedded.History;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.History;

/// <summary>What is older than the age goes from the rows of chats, and nothing else does.</summary>
public sealed class ChatRetentionTests : IAsyncDisposable
{
    private const int Days = 30;
    private static readonly ChatId Chat = new(77);
    private static readonly UserId Ann = UserId.Parse("ann");
    private static readonly UserId Bob = UserId.Parse("bob");

    private readonly RocksDbStores _stores = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(Records.StartMs));
    private readonly InMemoryMessageLog _log;
    private readonly RulesV4 _rules = new();
    private ChatState? _state;

    public ChatRetentionTests() => _log = new InMemoryMessageLog(1, _time);

    private ChatRetention Retention => new(
        _log, _stores.Database, new ChatRetentionOptions { Days = Days }, _time, NullLogger<ChatRetention>.Instance);

    [Fact]
    public async Task What_is_old_goes_and_what_is_young_and_all_numbers_stay()
    {
        await TellAsync(Records.Created("ann", 1, "bob"), Records.Message("ann", 2));
        var target = Records.Target(2, "ann");
        await TellAsync(Records.Edit("ann", 3, target), Records.React("bob", 4, target));
        var before = await HeadAsync();
        _time.Advance(TimeSpan.FromDays(Days + 1));
        await TellAsync(Records.Message("bob", 5), Records.Edit("ann", 6, target));
        await TrimLogAsync();

        await Retention.TrimAsync(default);
        await CheckAsync();
        await Retention.TrimAsync(default);
        await _stores.RestartAsync();
        await Retention.TrimAsync(default);
        await CheckAsync();

        async Task CheckAsync()
        {
            var head = await HeadAsync();
            Assert.Equal((before.Seq + 2, before.N + 1), (head.Seq, head.N));
            Assert.Equal([1, 5, 6], (await EventsAsync()).Select(static entry => (int)entry.Event.Seq));
            foreach (var user in (UserId[])[Ann, Bob])
            {
                Assert.Equal([new MemberStay(5, null)], await _stores.History.ReadStaysAsync(Chat, user, default));
                Assert.Equal(5, (await _stores.Users.ReadUserChatAsync(user, Chat, default))!.FromSeq);
            }

            // A repetition of an old command is told apart for ever.
            var key = CommandKey.Of(Records.Message("ann", 2));
            Assert.NotNull(await _stores.History.ReadKeyAsync(Chat, key.Sender, key.ClientId, default));
        }
    }

    [Fact]
    public async Task What_the_log_still_has_stays_however_old_it_is()
    {
        await TellAsync(Records.Created("ann", 1, "bob"), Records.Message("ann", 2), Records.Message("ann", 3));
        _time.Advance(TimeSpan.FromDays(Days + 1));
        await Retention.TrimAsync(default);
        Assert.Equal(3, (await EventsAsync()).Count);
        await TrimLogAsync();
        await Retention.TrimAsync(default);
        Assert.Equal([1, 3], (await EventsAsync()).Select(static entry => (int)entry.Event.Seq));
    }

    [Fact]
    public async Task Of_a_chat_that_is_quiet_the_last_event_is_left_without_its_content()
    {
        await TellAsync(Records.Created("ann", 1, "bob"), Records.Message("ann", 2), Records.Message("ann", 3));
        await TellAsync(Records.React("bob", 4, Records.Target(3, "ann")), Records.Message("ann", 5));
        _time.Advance(TimeSpan.FromDays(Days + 1));
        await TrimLogAsync();
        var retention = Retention;
        await retention.TrimAsync(default);
        Assert.Equal(5, retention.Events);
        var last = (await EventsAsync())[^1];
        Assert.Null(last.Content);
        Assert.Equal(5, last.DeletedSeq);
        await retention.TrimAsync(default);
        Assert.Equal(5, retention.Events);
    }

    [Fact]
    public async Task A_stay_that_ended_before_shows_nothing_and_one_that_is_cut_the_rest()
    {
        await TellAsync(Records.Created("ann", 1, "bob"), Records.Remove("bob", 2, "bob"), Records.Message("ann", 3));
        _time.Advance(TimeSpan.FromDays(Days + 1));
        await TellAsync(Records.Message("ann", 4));
        await TrimLogAsync();
        await Retention.TrimAsync(default);
        Assert.Empty(await _stores.History.ReadStaysAsync(Chat, Bob, default));
        Assert.Equal([new MemberStay(4, null)], await _stores.History.ReadStaysAsync(Chat, Ann, default));
        var row = (await _stores.Users.ReadUserChatAsync(Bob, Chat, default))!;
        Assert.Equal((2, 2), (row.FromSeq, row.ToSeq));
    }

    [Fact]
    public async Task A_chat_that_is_deleted_afterwards_is_purged_and_its_claim_with_it()
    {
        var creation = Records.Direct("ann", 1, "bob").InChat(Chat.Value);
        var (scopes, claim) = ChatScopes.Of(creation);
        foreach (var scope in scopes) await _stores.Users.ClaimChatAsync(scope, claim, default);
        await TellAsync(creation, Records.Message("ann", 2), Records.Message("ann", 3));
        _time.Advance(TimeSpan.FromDays(Days + 1));
        await TrimLogAsync();
        await Retention.TrimAsync(default);
        await TellAsync(Records.DeleteChat(4, "ann", "bob"));
        await _stores.Deletions.PurgeAsync(await HeadAsync(), default);
        Assert.Equal([4], (await EventsAsync()).Select(static entry => (int)entry.Event.Seq));
        Assert.True((await _stores.Users.ClaimChatAsync(scopes[0], claim, default)).IsOfDeleted);
    }

    public async ValueTask DisposeAsync()
    {
        await _stores.DisposeAsync();
        await _log.DisposeAsync();
    }

    /// <summary>Appends the records now, and stores what becomes of them.</summary>
    private async Task TellAsync(params LiveChat.Core.Log.Record[] records)
    {
        var events = new List<SequencedEvent>();
        foreach (var record in records)
        {
            var ofChat = record.Clone().InChat(Chat.Value);
            var appended = await _log.AppendAsync(0, RecordEnvelope.Encode(ofChat, RulesV4.Number), default);
            var verdict = _rules.Decide(
                _state, ofChat, appended.Position, _time.GetUtcNow().ToUnixTimeMilliseconds(), null);
            events.Add(Assert.IsType<Verdict.Accepted>(verdict).Event);
            _state = events[^1].After;
        }

        await _stores.History.WriteAsync([HistoryRowsBuilder.Build(events)], default);
    }

    private async Task TrimLogAsync()
    {
        var range = (await _log.RangesAsync([0], default))[0];
        await _log.TrimAsync(new Dictionary<int, Position> { [0] = range.End }, default);
    }

    private async Task<ChatState> HeadAsync() => (await _stores.History.ReadHeadAsync(Chat, default))!;

    private async Task<IReadOnlyList<HistoryEntry>> EventsAsync() =>
        (await _stores.History.ReadEventsAsync(Chat, new EventRange(1, 20), default)).Entries;
}
