using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>
/// A real server on three real nodes of Cassandra, of which one or all are away for a while, under load. With
/// <c>LIVECHAT_LONG=1</c> only.
/// </summary>
public sealed class CassandraNodesTests(OneBroker broker, ThreeCassandra cassandra)
    : IClassFixture<OneBroker>, IClassFixture<ThreeCassandra>
{
    private const int NodeOverloaded = 4009;
    private const int AttemptsMax = 50;
    private const int Nodes = 3;
    private const int Minutes = 5;
    private static readonly TimeSpan PongEvery = TimeSpan.FromSeconds(15);

    /// <summary>Within a minute of its first message since the start of the server a chat still needs the store.
    /// </summary>
    private static readonly TimeSpan WarmAfter = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task One_of_three_nodes_is_killed_or_stands_still_and_everything_goes_on()
    {
        await using var server = await CassandraServer.StartAsync(broker, cassandra);
        await server.Log.UnderLoadAsync("a kill of node 2", async () =>
        {
            await cassandra.KillAsync(2);
            await UsersComeAsync(server);
            await cassandra.StartNodeAsync(2);
        });
        foreach (var seconds in (int[])[10, 70])
            await server.Log.UnderLoadAsync($"{seconds} s in which node 3 stood still", async () =>
            {
                await cassandra.FreezeAsync(3);
                for (var second = 0; second < seconds; second += 10)
                {
                    await UsersComeAsync(server);
                    await Task.Delay(TimeSpan.FromSeconds(10), TimeProvider.System);
                }

                await cassandra.ThawAsync(3);
            });
        await cassandra.NodetoolAsync(1, "repair", "-full", server.Keyspace.Keyspace);
        await server.IsWholeAsync();
    }

    [Fact]
    public async Task Without_cassandra_for_five_minutes_warm_chats_go_on_and_all_else_may_be_repeated()
    {
        await using var server = await CassandraServer.StartAsync(broker, cassandra);
        var log = server.Log;
        string warm, cold;
        using (var zoe = await server.ConnectAtLastAsync("zoe"))
        {
            warm = await BeginAsync(zoe, "yan");
            cold = await BeginAsync(zoe, "eve");
        }

        // A chat that nobody asks for is in no memory behind a start.
        await log.IsWholeAsync();
        await log.Server.StopAsync();
        await log.StartServerAgainAsync();
        await log.UnderLoadAsync("five minutes without Cassandra", async () =>
        {
            using var zoe = await server.ConnectAtLastAsync("zoe");
            var doomed = await AskAtLastAsync<Ack>(zoe, TestSocket.Message(warm, "a text to be forgotten"));
            await StayAsync(zoe, WarmAfter);
            for (var node = 1; node <= Nodes; node++) await cassandra.KillAsync(node);
            for (var minute = 0; minute < Minutes; minute++)
            {
                await log.GoesOnAsync(200);
                await AllElseMayBeRepeatedAsync(server, zoe, cold);
                await zoe.AckAsync(minute == 1
                    ? new MessageDelete { Chat = warm, ClientId = TestSocket.Key(), Target = doomed.Seq }
                    : TestSocket.Message(warm, $"minute {minute}"));
                if (minute > 0) await ShowsNoTextAsync(zoe, warm, doomed.Seq);
                await StayAsync(zoe, TimeSpan.FromMinutes(1));
            }

            // One after the other: without their seed, the first one, nodes give up.
            await StayAsync(zoe, Task.Run(async () =>
            {
                for (var node = 1; node <= Nodes; node++) await cassandra.StartNodeAsync(node);
            }));
            await ShowsNoTextAsync(zoe, warm, doomed.Seq);
        });
        await server.IsWholeAsync();
        using var eve = await server.ConnectAtLastAsync("eve");
        await AskAtLastAsync<Page>(eve, new HistoryGet { Chat = cold });
    }

    /// <summary>A direct chat with a message.</summary>
    private static async Task<string> BeginAsync(TestSocket device, string other)
    {
        var create = new ChatCreate { ClientId = TestSocket.Key(), Direct = other };
        var chat = (await AskAtLastAsync<Ack>(device, create)).Chat;
        await AskAtLastAsync<Ack>(device, TestSocket.Message(chat, "hello"));
        return chat;
    }

    /// <summary>Two users come, a chat is made, and history is read, at the second or third try if need be: a node that
    /// was asked may be the one that is away.</summary>
    private static async Task UsersComeAsync(CassandraServer server)
    {
        var (writer, reader) = ($"writer-{TestSocket.Key()}", $"reader-{TestSocket.Key()}");
        using var writing = await server.ConnectAtLastAsync(writer);
        using var reading = await server.ConnectAtLastAsync(reader);
        var chat = await BeginAsync(writing, reader);
        var sent = await AskAtLastAsync<Ack>(writing, TestSocket.Message(chat, "here"));
        var page = await AskAtLastAsync<Page>(reading, new HistoryGet { Chat = chat, MinSeq = sent.Seq });
        Assert.Contains(page.Items, item => item.Seq == sent.Seq);
    }

    private static Task StayAsync(TestSocket device, TimeSpan time) =>
        StayAsync(device, Task.Delay(time, TimeProvider.System));

    /// <summary>A device that does nothing is taken for gone.</summary>
    private static async Task StayAsync(TestSocket device, Task meanwhile)
    {
        do await device.SendAsync(new Pong());
        while (await Task.WhenAny(meanwhile, Task.Delay(PongEvery, TimeProvider.System)) != meanwhile);
        await meanwhile;
    }

    /// <summary>Repeats a command that is refused for now, as clients do.</summary>
    private static async Task<T> AskAtLastAsync<T>(TestSocket device, ClientFrame command)
        where T : ServerFrame
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var answer = await device.AskAsync(command);
            if (answer is T wanted) return wanted;
            Assert.True(Assert.IsType<ErrorFrame>(answer).Problem.Retryable);
        }

        throw new InvalidOperationException($"{command.GetType().Name} was refused {AttemptsMax} times.");
    }

    /// <summary>Signing in, a cold chat, lists: each is refused for now, and no session ends.</summary>
    private static async Task AllElseMayBeRepeatedAsync(CassandraServer server, TestSocket device, string cold)
    {
        Assert.Equal(NodeOverloaded, await server.RefusedSignInAsync("eve"));
        ClientFrame[] commands =
        [
            new ChatsGet(),
            new HistoryGet { Chat = cold },
            new ChatGet { Chat = cold },
            new ChatCreate { ClientId = TestSocket.Key(), Direct = "somebody" },
            TestSocket.Message(cold, $"in the dark {TestSocket.Key()}"),
        ];
        foreach (var command in commands)
        {
            var problem = Assert.IsType<ErrorFrame>(await device.AskAsync(command)).Problem;
            Assert.True(problem.Retryable, $"{command.GetType().Name}: {problem}");
        }
    }

    /// <summary>From when a delete is acknowledged no answer has the text, whether history has the delete or not.
    /// </summary>
    private static async Task ShowsNoTextAsync(TestSocket device, string chat, long seq)
    {
        foreach (var view in (string[])["messages", "events"])
        {
            var answer = await device.AskAsync(new HistoryGet { Chat = chat, AroundSeq = seq, View = view });
            if (answer is not Page page)
                Assert.True(Assert.IsType<ErrorFrame>(answer).Problem.Retryable);
            else
                Assert.All(
                    page.Items.OfType<MessageCreated>().Where(item => item.Seq == seq),
                    static item => Assert.Null(item.Body));
        }
    }
}
