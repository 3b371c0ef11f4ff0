using LiveChat.Core.Ingest;
using LiveChat.Core.Nodes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>Reads are charged by what they took, over all devices of a user, and over HTTP too.</summary>
public sealed class ReadRateTests
{
    private static readonly Dictionary<string, Func<string, ClientFrame>> Reads = new()
    {
        ["a page"] = static chat => new HistoryGet { Chat = chat, View = HistoryViews.Events },
        ["messages"] = static chat => new HistoryGet { Chat = chat },
        ["the list"] = static _ => new ChatsGet(),
        ["all chats"] = static _ => new SyncGet { Cursor = "0.1" },
        ["a chat"] = static chat => new ChatGet { Chat = chat },
        ["presence"] = static chat => new PresenceGet { Chat = chat, Users = ["bob"] },
        ["the own presence"] = static _ => new PresenceSet(),
    };

    public static TheoryData<string> Names => [.. Reads.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Whoever_reads_more_than_the_rate_waits_and_others_do_not(string name)
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        var options = new NodeOptions { Rates = new RateOptions { ReadRowsPerSecond = 10, ReadRowsBurst = 20 } };
        await using var node = await TestNode.StartAsync(time, options);
        var (ann, phone) = (await node.ConnectAsync("ann"), await node.ConnectAsync("ann"));
        var chat = await ann.CreateAsync(null, "bob");
        for (var i = 0; i < 20; i++) await ann.AckAsync(ann.Message(chat, "text"));
        await node.TurnAsync(seconds: 2);

        // A read that was begun is answered, whatever it costs.
        ServerFrame answer;
        var reads = 0;
        do answer = await ann.AskAsync(Reads[name](chat));
        while (answer is not ErrorFrame && ++reads < 20);
        var problem = Assert.IsType<ErrorFrame>(answer).Problem;
        Assert.InRange(reads, 1, 19);
        Assert.Equal((ErrorCode.RateLimited, true), (problem.Code, problem.Retryable));
        Assert.Equal(ErrorCode.RateLimited, (await phone.ProblemAsync(Reads[name](chat))).Code);
        var overHttp = await node.Node.AskAsync(UserId.Parse("ann"), Reads[name](chat), false, default);
        Assert.Equal(ErrorCode.RateLimited, Assert.IsType<ErrorFrame>(overHttp).Problem.Code);

        // Others are not held up, sends are not, and the wait that was named is enough.
        var others = await node.Node.AskAsync(UserId.Parse("bob"), Reads[name](chat), false, default);
        Assert.IsNotType<ErrorFrame>(others);
        await ann.AckAsync(ann.Message(chat, "still"));
        await node.TurnAsync(seconds: 1 + (problem.RetryAfterMs!.Value / 1_000));
        Assert.IsNotType<ErrorFrame>(await ann.AskAsync(Reads[name](chat)));
    }
}
