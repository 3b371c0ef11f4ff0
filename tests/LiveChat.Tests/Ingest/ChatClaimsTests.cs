using LiveChat.Core.History;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Sessions;
using Xunit;

namespace LiveChat.Tests.Ingest;

/// <summary>A creation happens once under its key, and a pair has one direct chat, whatever breaks between.</summary>
public sealed class ChatClaimsTests
{
    /// <summary>Every creation that a user may give under one key, each another one.</summary>
    private static readonly Dictionary<string, Func<string, ChatCreate>> Creations = new()
    {
        ["direct with bob"] = static key => new ChatCreate { ClientId = key, Direct = "bob" },
        ["direct with cid"] = static key => new ChatCreate { ClientId = key, Direct = "cid" },
        ["group with bob"] = static key => new ChatCreate { ClientId = key, Members = ["bob"] },
        ["group with cid"] = static key => new ChatCreate { ClientId = key, Members = ["cid"] },
        ["group with a title"] = static key => new ChatCreate { ClientId = key, Members = ["bob"], Title = "one" },
        ["group of one"] = static key => new ChatCreate { ClientId = key },
    };

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (var first in Creations.Keys)
                foreach (var second in Creations.Keys)
                    pairs.Add(first, second);
            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task One_key_creates_one_chat(string first, string second)
    {
        await using var node = await TestNode.StartAsync();
        var ann = await node.ConnectAsync("ann");
        var key = ann.Key();
        var made = await ann.AckAsync(Creations[first](key));
        Assert.False(made.Duplicate);
        var answer = await ann.AskAsync(Creations[second](key));
        if (first == second)
        {
            var again = Assert.IsType<Ack>(answer);
            Assert.Equal((made.Chat, made.Id, true), (again.Chat, again.Id, again.Duplicate));
        }
        else
        {
            Assert.Equal(ErrorCode.DuplicateMismatch, Assert.IsType<ErrorFrame>(answer).Problem.Code);
        }

        // The key is the creator's own: another user may have the same.
        var eve = await node.ConnectAsync("eve");
        Assert.NotEqual(made.Chat, (await eve.AckAsync(Creations[second](key))).Chat);
    }

    [Fact]
    public async Task A_pair_has_one_chat_whoever_creates_it_how_often_and_with_what_keys()
    {
        await using var node = await TestNode.StartAsync();
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        var made = await ann.CreateAsync("bob");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(made, await ann.CreateAsync("bob"));
            Assert.Equal(made, await bob.CreateAsync("ann"));
        }
    }

    [Theory]
    [InlineData("ann", 1)]
    [InlineData("ann", 2)]
    [InlineData("bob", 1)]
    [InlineData("bob", 2)]
    public async Task A_creation_that_broke_off_behind_a_claim_is_finished_by_the_next_who_tries(
        string next, int claims)
    {
        var tables = new InMemoryHistoryStore("e1");
        var store = new BreakingClaims(tables) { ClaimsLeft = claims };
        var key = "";
        await using (var node = await TestNode.StartAsync(
            tables: tables, change: ports => ports with { Users = store }))
        {
            var ann = await node.ConnectAsync("ann");
            key = ann.Key();
            var create = new ChatCreate { ClientId = key, Direct = "bob" };
            await Assert.ThrowsAsync<InvalidOperationException>(() => ann.SendAsync(create));
        }

        await using var later = await TestNode.StartAsync(tables: tables);
        var device = await later.ConnectAsync(next);
        var made = await device.AckAsync(next == "ann"
            ? new ChatCreate { ClientId = key, Direct = "bob" }
            : new ChatCreate { ClientId = device.Key(), Direct = "ann" });
        Assert.False(made.Duplicate);
        Assert.Equal(2, (await device.AckAsync(device.Message(made.Chat, "hello"))).Seq);
        var other = await later.ConnectAsync(next == "ann" ? "bob" : "ann");
        Assert.Equal(made.Chat, await other.CreateAsync(next));
    }

    [Fact]
    public async Task Claims_of_pairs_from_before_keys_were_claimed_still_hold()
    {
        var tables = new InMemoryHistoryStore("e1");
        var time = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var key = ClientId.FromTime(time, new byte[16]);
        var body = new LiveChat.Core.Log.Created { Direct = true, Members = { "bob" } };
        await tables.ClaimChatAsync(
            "d:ann:bob",
            new ChatClaim(
                new ChatId(4_711), UserId.Parse("ann"), key, Google.Protobuf.MessageExtensions.ToByteArray(body)),
            default);
        await using var node = await TestNode.StartAsync(tables: tables);
        var (ann, bob) = (await node.ConnectAsync("ann"), await node.ConnectAsync("bob"));
        Assert.Equal("4711", await bob.CreateAsync("ann"));
        Assert.Equal("4711", await ann.CreateAsync("bob"));
        var again = await ann.AckAsync(new ChatCreate { ClientId = key.ToString(), Direct = "bob" });
        Assert.Equal(("4711", 1L, true), (again.Chat, again.Seq, again.Duplicate));
    }

    /// <summary>A store that breaks when it has made some claims, as a process does that ends.</summary>
    private sealed class BreakingClaims(IUserStore users) : IUserStore
    {
        public int ClaimsLeft { get; set; }

        public async ValueTask<ChatClaim> ClaimChatAsync(
            string scope, ChatClaim claim, CancellationToken cancellationToken)
        {
            var held = await users.ClaimChatAsync(scope, claim, cancellationToken);
            return --ClaimsLeft > 0 ? held : throw new InvalidOperationException("The process ended.");
        }

        public ValueTask<UserChat?> ReadUserChatAsync(
            UserId user, ChatId chat, CancellationToken cancellationToken) =>
            users.ReadUserChatAsync(user, chat, cancellationToken);

        public ValueTask<IReadOnlyList<UserChat>> ReadUserChatsAsync(
            UserId user, ChatId after, int limit, CancellationToken cancellationToken) =>
            users.ReadUserChatsAsync(user, after, limit, cancellationToken);

        public ValueTask<IReadOnlyList<PlacedChat>> ReadChatsByTimeAsync(
            UserId user, ChatOrder order, ChatPlace behind, int limit, CancellationToken cancellationToken) =>
            users.ReadChatsByTimeAsync(user, order, behind, limit, cancellationToken);

        public ValueTask<IReadOnlyList<MarkerRaise>> RaiseMarkersAsync(
            IReadOnlyList<MarkerRaise> markers, CancellationToken cancellationToken) =>
            users.RaiseMarkersAsync(markers, cancellationToken);

        public ValueTask<IReadOnlyList<Marker>> ReadMarkersAsync(
            ChatId chat, IReadOnlyCollection<UserId> of, CancellationToken cancellationToken) =>
            users.ReadMarkersAsync(chat, of, cancellationToken);
    }
}
