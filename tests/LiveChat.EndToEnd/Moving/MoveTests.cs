using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using LiveChat.Cli;
using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Commands;
using LiveChat.EndToEnd.Groups;
using LiveChat.EndToEnd.PutBack;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.Moving;

/// <summary>A data folder is moved into Kafka and Cassandra while its clients wait, and they come back.</summary>
[Collection(nameof(OnServices))]
public sealed class MoveTests(OneBroker broker, OneCassandra cassandra)
{
    private const int Chats = 40;
    private const int MessagesOfChat = 60;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task Clients_find_everything_once_and_in_order_after_a_move_that_was_killed_in_the_middle()
    {
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        await using var moving = MovingServer.Create(broker, cassandra, BrokerLog.Partitions);
        await moving.Alone.StartAgainAsync(moving.Data);
        await using var ann = new StoreReader(moving.Endpoint, moving.Data, "ann");
        await using var bob = new StoreReader(moving.Endpoint, moving.Data, "bob");
        await ann.ConnectAsync(limit.Token);
        await bob.ConnectAsync(limit.Token);
        var group = await FillAsync(ann, bob, limit.Token);

        // One device leaves before the last messages, one after them. A first connect is told where it is by a ping.
        string behind, upToDate;
        var repeated = TestSocket.Message(group, "said before the move, and again behind it");
        Ack answered;
        using (var dan = await moving.ConnectAsync("dan"))
        {
            behind = (await dan.NextAsync<Ping>(static ping => ping.Since is { Length: > 0 })).Since!;
            answered = await dan.AckAsync(repeated);
        }

        using (var eve = await moving.ConnectAsync("eve", behind)) upToDate = eve.Ready.Since;
        var key = RunningCommand.KeyIn(await MovingServer.RunAsync(
            "key", "create", "backend", "--internal", moving.Inner, "--data", moving.Data));
        await ann.UntilAsync(group, repeated.Body.Text, limit.Token);
        await bob.UntilAsync(group, repeated.Body.Text, limit.Token);
        var before = await TruthAsync(moving, group, limit.Token);
        var rest = await MovedRest.MakeAsync(moving, ann.Client, limit.Token);
        await moving.Alone.KillAsync();

        await MoveWithAKillAsync(moving);
        await moving.InCluster.StartAgainAsync(moving.ClusterData);
        Assert.Equal(before, await TruthAsync(moving, group, limit.Token));
        await rest.CheckAsync(moving);
        using (var dan = await moving.ConnectAsync("dan", behind))
        {
            Assert.Equal("partial", dan.Ready.Resume);
            Assert.Contains(dan.Ready.Behind!, one => one.Chat == group && one.HeadSeq == answered.Seq);
            var again = await dan.AckAsync(repeated);
            Assert.Equal((answered.Seq, answered.Id, true), (again.Seq, again.Id, again.Duplicate));
        }

        using (var eve = await moving.ConnectAsync("eve", upToDate)) Assert.NotEqual("fresh", eve.Ready.Resume);
        await ann.Client.SendAsync(group, "said in the cluster", cancellationToken: limit.Token);
        foreach (var reader in (StoreReader[])[ann, bob])
        {
            await reader.UntilAsync(group, "said in the cluster", limit.Token);
            Assert.Equal(0, reader.NewStores);
            var truth = await TruthAsync(moving, group, limit.Token);
            Assert.Equal(Enumerable.Range(1, truth.Count), truth.Select(static one => (int)one.Seq));
            Assert.Equal(Told(truth), Told(await reader.EventsAsync(group, limit.Token)));
        }

        Assert.True((await ann.Client.ChatsAsync(cancellationToken: limit.Token)).Items.Single(
            one => one.Chat == group).Pinned);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(moving, key));
    }

    private static async Task MoveWithAKillAsync(MovingServer moving)
    {
        await using (var first = moving.BeginMove())
        {
            await first.HearAsync("Moving:");
            await first.SignalAsync("KILL");
            Assert.NotEqual(ExitCode.Ok, (await first.EndAsync()).ExitCode);
        }

        Assert.Contains(
            "is not done: run livechat move again",
            await MovingServer.RefusedStartAsync(moving.InCluster, moving.ClusterData),
            StringComparison.Ordinal);
        Assert.Contains(
            "were moved into the keyspace",
            await MovingServer.RefusedStartAsync(moving.Alone, moving.Data),
            StringComparison.Ordinal);
        var (exitCode, said) = await moving.MoveAsync();
        Assert.True(exitCode == ExitCode.Ok, said);
        Assert.Contains("counts and checksums of every chat are the same in both", said, StringComparison.Ordinal);
        Assert.Contains("Clients resume", said, StringComparison.Ordinal);
        Assert.Contains("was done before", (await moving.MoveAsync()).Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_move_that_cannot_be_done_says_why_and_moves_nothing()
    {
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        await using var moving = MovingServer.Create(broker, cassandra, partitions: 4);
        await moving.Alone.StartAgainAsync(moving.Data);
        string chat, since;
        using (var ann = await moving.ConnectAsync("ann"))
        {
            chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
            await ann.AckAsync(TestSocket.Message(chat, "kept"));
            since = ann.Ready.Since;
        }

        await RefusedAsync(moving, ExitCode.Usage, "is in use by another process");
        await moving.Alone.StopAsync();
        await RefusedAsync(moving, ExitCode.Usage, "set it to 2", ("LIVECHAT__LOG__GENERATION", "1"));
        await RefusedAsync(
            moving,
            ExitCode.NotReachable,
            "No node of Cassandra at",
            ("LIVECHAT__STORE__CONTACTPOINTS", "127.0.0.1:1"));
        await RefusedAsync(
            moving, ExitCode.NotReachable, "No broker of", ("LIVECHAT__LOG__BROKERS", "127.0.0.1:1"));

        // The folder is as it was, and the keyspace of another installation too.
        await moving.Alone.StartAgainAsync(moving.Data);
        await moving.Alone.StopAsync();
        await using (var other = MovingServer.Create(broker, cassandra, partitions: 4))
        {
            await File.WriteAllTextAsync(other.SecretFile, RandomNumberGenerator.GetHexString(64));
            await other.InCluster.StartAgainAsync(other.ClusterData);
            await other.InCluster.StopAsync();
            await RefusedAsync(moving, ExitCode.Usage, "holds another installation", [.. other.Target]);
        }

        // With other partitions nobody resumes: a client that was behind in one would be behind in others.
        var (exitCode, said) = await moving.MoveAsync();
        Assert.True(exitCode == ExitCode.Ok, said);
        Assert.Contains("read everything again", said, StringComparison.Ordinal);
        await moving.InCluster.StartAgainAsync(moving.ClusterData);
        using (var ann = await moving.ConnectAsync("ann", since)) Assert.Equal("fresh", ann.Ready.Resume);
        Assert.Equal(
            ["kept"],
            (await TruthAsync(moving, chat, limit.Token)).Where(static one => one.Type == "MessageCreated")
                .Select(static one => one.Content));
    }

    private static async Task RefusedAsync(
        MovingServer moving, int exitCode, string sentence, params (string Name, string Value)[] changed)
    {
        var (found, said) = await moving.MoveAsync(changed);
        Assert.True(found == exitCode && said.Contains(sentence, StringComparison.Ordinal), $"{found}: {said}");
    }

    /// <summary>Chats with messages, and a group in which more happened.</summary>
    private static async Task<string> FillAsync(StoreReader ann, StoreReader bob, CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, Chats), cancellationToken, async (number, token) =>
        {
            var chat = (await ann.Client.CreateGroupAsync(["bob"], $"{number}", cancellationToken: token)).Chat;
            for (var i = 0; i < MessagesOfChat; i++)
                await ann.Client.SendAsync(chat, $"{number}: {i}", cancellationToken: token);
        });
        var group = (await ann.Client.CreateGroupAsync(
            ["bob", "dan", "eve"], "moved", cancellationToken: cancellationToken)).Chat;
        var first = (await ann.Client.SendAsync(group, "first", cancellationToken: cancellationToken)).Seq;
        var second = (await bob.Client.SendAsync(group, "second", cancellationToken: cancellationToken)).Seq;
        await ann.Client.EditAsync(
            group, first, new MessageBody { Text = "edited" }, cancellationToken: cancellationToken);
        await bob.Client.DeleteAsync(group, second, cancellationToken: cancellationToken);
        await bob.Client.ReactAsync(group, first, "👍", on: true, cancellationToken: cancellationToken);
        await ann.Client.MarkAsync(group, read: second, cancellationToken: cancellationToken);
        await ann.Client.PinAsync(group, pinned: true, cancellationToken);
        return group;
    }

    private static async Task<List<Seen>> TruthAsync(
        MovingServer moving, string chat, CancellationToken cancellationToken)
    {
        using var reader = new ChatReader(
            moving.Endpoint, LiveChatServer.MintToken(moving.Data, "ann", Limit), chat);
        return await reader.EventsAsync(cancellationToken);
    }

    /// <summary>What does not change behind an edit or a deletion.</summary>
    private static IEnumerable<Seen> Told(IEnumerable<Seen> events) =>
        events.Select(static one => one with { Content = "" });

    /// <summary>What the server answers to a backend that shows the key.</summary>
    private static async Task<HttpStatusCode> AskAsync(MovingServer moving, string key)
    {
        using var http = new HttpClient { BaseAddress = moving.Endpoint };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var answer = await http.GetAsync(new Uri("/v1/users/ann", UriKind.Relative));
        return answer.StatusCode;
    }
}
