using System.Net;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Hosting;
using LiveChat.Tests.Server.Api;
using LiveChat.Tests.Sessions;
using Microsoft.Extensions.Logging;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>A mistake of ours: a read that only pages need throws what nobody expects. Who asked is told so much and no
/// more.</summary>
public sealed class FailureTests
{
    private const string Inside = "/var/lib/livechat/history/000042.sst: column family 3 of RocksDB";

    [Fact]
    public async Task An_answer_to_a_request_that_failed_says_nothing_of_the_inside()
    {
        using var log = new LineCollector();
        await using var server = await StartAsync(log);
        using var ann = new ApiClient(server, "ann");
        var chat = await ann.DirectAsync("bob");
        var answer = await ann.SendAsync("GET", $"/v1/chats/{chat}/messages");
        Assert.Equal((HttpStatusCode.InternalServerError, ErrorCode.Internal), (answer.Status, answer.Code));
        Assert.Equal("application/problem+json", answer.Type);
        var said = answer.Body.GetRawText();
        foreach (var inside in (string[])["Exception", " at ", "livechat", "RocksDB", ".cs", "sst", "Microsoft"])
            Assert.DoesNotContain(inside, said, StringComparison.OrdinalIgnoreCase);

        // The log has it, once, under the number that the answer names.
        var number = answer.Body.GetProperty("detail").GetString()!.TrimEnd('.').Split(' ')[^1];
        var line = Assert.Single(log.Lines, static line => line.Level >= LogLevel.Error);
        Assert.Contains(number, line.Text, StringComparison.Ordinal);
        Assert.Contains(Inside, line.Text, StringComparison.Ordinal);
        Assert.Equal(2, await ann.SayAsync(chat, "goes on"));
    }

    [Fact]
    public async Task A_session_whose_command_failed_is_closed_to_come_back_and_nobody_else()
    {
        using var log = new LineCollector();
        await using var server = await StartAsync(log, "--LiveChat:Sessions:ConnectionsMax=4");
        using var witness = await server.ConnectAsync("witness");
        var chat = (await witness.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "ann" })).Chat;
        for (var i = 0; i < 6; i++)
        {
            using var ann = await server.ConnectAsync("ann");
            await ann.SendAsync(new HistoryGet { Id = 9, Chat = chat });
            var (code, goodbye) = await ann.ClosedAsync();
            Assert.Equal((int)CloseCode.InternalError, code);
            Assert.Equal(("internal_error", true), (goodbye!.Reason, goodbye.Reconnect));
        }

        await witness.AckAsync(TestSocket.Message(chat, "still here"));
        Assert.All(
            log.Lines.Where(static line => line.Level >= LogLevel.Error),
            static line => Assert.Contains(Inside, line.Text, StringComparison.Ordinal));
    }

    private static Task<TestServer> StartAsync(LineCollector log, params string[] options) => TestServer.StartAsync(
        new ServerSeams
        {
            Logging = log.Listen,
            Ports = static ports => ports with
            {
                History = new BreakableHistory(ports.History) { StaysFailure = Inside },
            },
        },
        TestServer.NewFolder(),
        options);
}
