using LiveChat.EndToEnd.Crash;
using LiveChat.Server;
using Xunit;

namespace LiveChat.EndToEnd.Groups;

/// <summary>
/// A group that is pushed below 50 members and pulled from then on until it has fewer than 40, while five of its
/// members go on sending: 36 stay, 24 come and go three times, all of them with the SDK.
/// </summary>
public sealed class CrossingTests : IAsyncDisposable
{
    private const int Staying = 36;
    private const int Coming = 24;
    private const int AddedAtOnce = 6;
    private const int Senders = 5;
    private const int Rounds = 3;
    private const int PullAt = 50;
    private const int PushBelow = 40;

    /// <summary>Messages that are sent before the next step: each mode lasts for some of them.</summary>
    private const int MessagesBetween = 60;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan SendPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(10);

    private readonly ScratchDirectory _scratch = new();
    private readonly CancellationTokenSource _limit = new(Patience, TimeProvider.System);
    private readonly List<GroupMember> _members = [];
    private int _acknowledged;

    private GroupMember Owner => _members[0];

    private IEnumerable<GroupMember> Comers => _members.Skip(Staying);

    [Fact]
    public async Task A_group_that_crosses_between_push_and_pull_under_load_loses_and_repeats_nothing()
    {
        var data = Path.Combine(_scratch.Path, "data");
        await using var server = await CrashServer.StartAsync(data, CrashServer.FreeEndpoint());
        for (var i = 0; i < Staying + Coming; i++)
        {
            var token = LiveChatServer.MintToken(data, $"member-{i:00}", TimeSpan.FromHours(1));
            _members.Add(await GroupMember.ConnectAsync($"member-{i:00}", server.Endpoint, token, _limit.Token));
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(_limit.Token);
        using var witness = await Witness.ConnectAsync(server.Endpoint, _members[Senders].Token, _limit.Token);
        var watching = witness.RunAsync(ending.Token);
        var first = _members.Take(Staying).Select(static member => member.User).ToList();
        var chat = (await Owner.Client.CreateGroupAsync(first[1..], "Crossing", cancellationToken: _limit.Token)).Chat;
        using var reader = new ChatReader(server.Endpoint, Owner.Token, chat);
        using var stopSending = new CancellationTokenSource();
        var sending = Task.WhenAll(_members.Take(Senders).Select(member => SendAsync(member, chat, stopSending.Token)));
        for (var round = 0; round < Rounds; round++)
        {
            await GrowAsync(chat, reader);
            await ShrinkAsync(chat, reader);
        }

        await stopSending.CancelAsync();
        await sending;

        var events = await reader.EventsAsync(_limit.Token);
        var plain = PlainGroup.Of(first, events, PullAt, PushBelow);
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(static happened => (int)happened.Seq));
        Assert.Equal(_acknowledged, events.Count(IsMessage));
        Assert.Equal(2 * Rounds, plain.Crossings);
        await HeardAllAsync(plain);
        await ReadsTheSameAsync(server.Endpoint, chat, plain);

        // What the server did: it pushed exactly what was pushed by the rule, and named the rest by heads.
        await ending.CancelAsync();
        await watching;
        Assert.True(witness.IsWhole);
        Assert.Equal(plain.Pushed, witness.Pushed);
        Assert.InRange(witness.Heads.Count(seq => plain.IsPulled(seq)), 2 * Rounds, events.Count / 2);
    }

    public async ValueTask DisposeAsync()
    {
        await _limit.CancelAsync();
        foreach (var member in _members) await member.DisposeAsync();
        _limit.Dispose();
        _scratch.Dispose();
    }

    private static bool IsMessage(Seen happened) => happened.Type == nameof(Protocol.Frames.MessageCreated);

    private async Task GrowAsync(string chat, ChatReader reader)
    {
        Assert.False(await reader.IsPullAsync(_limit.Token));
        foreach (var users in Comers.Select(static member => member.User).Chunk(AddedAtOnce))
        {
            await Owner.Client.AddMembersAsync(chat, users, cancellationToken: _limit.Token);
            await PassAsync(MessagesBetween / 4);
        }

        Assert.True(await reader.IsPullAsync(_limit.Token));
        await PassAsync(MessagesBetween);
    }

    private async Task ShrinkAsync(string chat, ChatReader reader)
    {
        foreach (var member in Comers)
        {
            await Owner.Client.RemoveMemberAsync(chat, member.User, cancellationToken: _limit.Token);
            await PassAsync(1);
        }

        Assert.False(await reader.IsPullAsync(_limit.Token));
        await PassAsync(MessagesBetween);
    }

    private async Task SendAsync(GroupMember member, string chat, CancellationToken stop)
    {
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            await member.Client.SendAsync(chat, $"{member.User} says {i}", cancellationToken: _limit.Token);
            Interlocked.Increment(ref _acknowledged);
            await Task.Delay(SendPause, TimeProvider.System, _limit.Token);
        }
    }

    /// <summary>Waits until so many more messages were acknowledged.</summary>
    private async Task PassAsync(int messages)
    {
        var until = Volatile.Read(ref _acknowledged) + messages;
        while (Volatile.Read(ref _acknowledged) < until)
            await Task.Delay(LookPause, TimeProvider.System, _limit.Token);
    }

    /// <summary>Every member heard its stays, each event once and in order, and nothing else.</summary>
    private async Task HeardAllAsync(PlainGroup plain)
    {
        foreach (var member in _members)
            while (member.Count < plain.SeenBy(member.User).Count)
                await Task.Delay(LookPause, TimeProvider.System, _limit.Token);
        foreach (var member in _members)
            Assert.Equal(plain.SeenBy(member.User), await member.StopAsync());
    }

    /// <summary>For who stayed and who came and went both views of the chat are one list.</summary>
    private async Task ReadsTheSameAsync(Uri endpoint, string chat, PlainGroup plain)
    {
        foreach (var member in (GroupMember[])[_members[1], _members[^1]])
        {
            using var reader = new ChatReader(endpoint, member.Token, chat);
            var seen = plain.SeenBy(member.User);
            Assert.Equal(seen, await reader.EventsAsync(_limit.Token));
            Assert.Equal(seen.Where(IsMessage), await reader.MessagesAsync(_limit.Token));
        }
    }
}
