using System.Net;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server.Gateway;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Server.Transports;

/// <summary>The requests of a session, as a client makes them that keeps to no rule.</summary>
public sealed class HttpSessionTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly TestServer _server = shared.Server;

    public static TheoryData<string, string> NoSessions()
    {
        var table = new TheoryData<string, string>();
        foreach (var request in (string[])[
            "GET /v1/poll?ack=1", "POST /v1/poll", "DELETE /v1/poll", "POST /v1/events?ack=1"])
            foreach (var key in (string[])[
                "0", new string('0', 32), new string('g', 32), new string('f', 33), "{session}", "{left}", "{ann} "])
                table.Add(request, key);
        return table;
    }

    [Theory]
    [MemberData(nameof(NoSessions))]
    public async Task A_key_of_no_session_is_answered_so_and_harms_none(string request, string key)
    {
        using var ann = await RequestClient.OpenAsync(_server, "ann");
        using var left = await RequestClient.OpenAsync(_server, "ann");
        Assert.Equal(HttpStatusCode.NoContent, (await left.SendAsync("DELETE", "/v1/poll")).Status);
        var (method, path) = (request.Split(' ')[0], request.Split(' ')[1]);
        var shown = key.Replace("{session}", ann.Ready.Session, StringComparison.Ordinal)
            .Replace("{left}", left.Key, StringComparison.Ordinal)
            .Replace("{ann} ", ann.Key + "0", StringComparison.Ordinal);
        using var forger = new RequestClient(_server) { Key = shown };
        var answer = await forger.SendAsync(method, path, "{\"type\":\"chats\",\"id\":9}");
        Assert.Equal((HttpStatusCode.NotFound, ErrorCode.UnknownSession), (answer.Status, answer.Code));

        Assert.IsType<ChatList>(await ann.AskAsync(new ChatsGet()));
    }

    [Theory]
    [InlineData("/v1/poll", 422, ErrorCode.ValidationFailed)]
    [InlineData("/v1/poll?ack=", 422, ErrorCode.ValidationFailed)]
    [InlineData("/v1/poll?ack=x", 422, ErrorCode.ValidationFailed)]
    [InlineData("/v1/poll?ack=-1", 422, ErrorCode.ValidationFailed)]
    [InlineData("/v1/poll?ack=1&ack=1", 422, ErrorCode.ValidationFailed)]
    [InlineData("/v1/poll?ack=99999999999999999999", 422, ErrorCode.ValidationFailed)]
    [InlineData("/v1/poll?ack=7", 404, ErrorCode.UnknownSession)]
    [InlineData("/v1/poll?ack=9223372036854775807", 404, ErrorCode.UnknownSession)]
    public async Task An_acknowledgement_of_nothing_is_refused_and_the_session_goes_on(
        string path, int status, string code)
    {
        using var ann = await RequestClient.OpenAsync(_server, "ann");
        var answer = await ann.SendAsync("GET", path);
        Assert.Equal(((HttpStatusCode)status, code), (answer.Status, answer.Code));
        Assert.IsType<ChatList>(await ann.AskAsync(new ChatsGet()));
    }

    [Fact]
    public async Task An_answer_is_repeated_until_it_is_acknowledged_and_then_never_again()
    {
        using var ann = await RequestClient.OpenAsync(_server, "ann");
        await ann.SendAsync("POST", "/v1/poll", "{\"type\":\"chats\",\"id\":2}");
        var first = await ann.SendAsync("GET", "/v1/poll?ack=1");
        await ann.SendAsync("POST", "/v1/poll", "{\"type\":\"chats\",\"id\":3}");
        for (var i = 0; i < 3; i++)
        {
            var repeated = await ann.SendAsync("GET", "/v1/poll?ack=1");
            Assert.Equal((first.Text, "2"), (repeated.Text, repeated.Ack));
        }

        var second = await ann.SendAsync("GET", "/v1/poll?ack=2");
        Assert.Contains("\"re\":2", first.Text, StringComparison.Ordinal);
        Assert.Contains("\"re\":3", second.Text, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.UnknownSession, (await ann.SendAsync("GET", "/v1/poll?ack=1")).Code);
    }

    [Fact]
    public async Task A_newer_poll_takes_the_place_of_the_older_one_which_ends_without_content()
    {
        using var ann = await RequestClient.OpenAsync(_server, "ann");
        var older = ann.SendAsync("GET", "/v1/poll?ack=1");
        var newer = ann.SendAsync("GET", "/v1/poll?ack=1");

        // Which of the two came later is the network's matter; one of them has ended.
        var ended = await Task.WhenAny(older, newer);
        var first = await ended;
        if (first.Text.Contains("\"ping\"", StringComparison.Ordinal)) return; // Both are answered by it.
        Assert.Equal(HttpStatusCode.NoContent, first.Status);
        await ann.SendAsync("POST", "/v1/poll", "{\"type\":\"chats\",\"id\":2}");
        var answer = await (ended == older ? newer : older);
        Assert.Contains("\"re\":2", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_polls_goes_on_as_a_stream_and_back()
    {
        using var ann = await RequestClient.OpenAsync(_server, "ann");
        using var stream = await ann.StreamAsync("/v1/events?ack=1");
        await ann.SendAsync("POST", "/v1/poll", "{\"type\":\"chats\",\"id\":2}");
        var streamed = await stream.ReadToAsync("}\n\n");
        Assert.StartsWith(":\n\nid: 2\ndata: {", streamed, StringComparison.Ordinal);
        var poll = ann.SendAsync("GET", "/v1/poll?ack=2");
        await ann.SendAsync("POST", "/v1/poll", "{\"type\":\"chats\",\"id\":3}");
        Assert.Contains("\"re\":3", (await poll).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_in_the_address_is_none()
    {
        using var ann = await RequestClient.OpenAsync(_server, "ann");
        using var other = new RequestClient(_server);
        var answer = await other.SendAsync("GET", $"/v1/poll?ack=1&session={ann.Key}&LiveChat-Session={ann.Key}");
        Assert.Equal(ErrorCode.UnknownSession, answer.Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_does_not_end_is_refused_and_the_session_goes_on(bool isOpen)
    {
        using var ann = await RequestClient.OpenAsync(_server, "ann");
        var key = isOpen ? $"LiveChat-Session: {ann.Key}\r\n" : "";
        var answer = await RawHttp.ReadAsync(
            _server.Url,
            $"POST /v1/poll HTTP/1.1\r\nHost: {_server.Url.Authority}\r\n{key}Transfer-Encoding: chunked\r\n\r\n"
            + $"11170\r\n{new string(' ', 0x11170)}\r\n");
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains($"\"code\":\"{ErrorCode.PayloadTooLarge}\"", answer, StringComparison.Ordinal);
        Assert.IsType<ChatList>(await ann.AskAsync(new ChatsGet()));
    }

    [Fact]
    public async Task A_body_that_is_no_text_is_refused_and_the_session_goes_on()
    {
        using var ann = await RequestClient.OpenAsync(_server, "ann");
        var answer = await ann.SendAsync("POST", "/v1/poll", [0x22, 0xC3, 0x28, 0x22]);
        Assert.Equal((HttpStatusCode.BadRequest, ErrorCode.BadRequest), (answer.Status, answer.Code));
        Assert.IsType<ChatList>(await ann.AskAsync(new ChatsGet()));
    }

    [Fact]
    public async Task A_page_of_another_origin_gets_no_session()
    {
        using var page = new RequestClient(_server) { Origin = "https://evil.example" };
        var connect = $$$"""{"type":"connect","id":1,"data":{"token":"{{{_server.Token("ann")}}}"}}""";
        foreach (var path in (string[])["/v1/poll", "/v1/events"])
            Assert.Equal(HttpStatusCode.Forbidden, (await page.SendAsync("POST", path, connect)).Status);
    }

    [Fact]
    public async Task Hundreds_of_open_polls_of_one_session_are_one_and_cost_nobody_else()
    {
        using var ann = await RequestClient.OpenAsync(_server, "ann");
        using var bob = await RequestClient.OpenAsync(_server, "bob");
        var polls = Enumerable.Range(0, 300).Select(_ => ann.SendAsync("GET", "/v1/poll?ack=1")).ToList();
        Assert.IsType<ChatList>(await bob.AskAsync(new ChatsGet()));
        while (polls.Where(static poll => !poll.IsCompleted).ToList() is { Count: > 1 } held) await Task.WhenAny(held);
        await ann.SendAsync("POST", "/v1/poll", "{\"type\":\"chats\",\"id\":2}");
        var answers = await Task.WhenAll(polls);
        Assert.All(answers, static answer => Assert.True(
            answer.Status is HttpStatusCode.NoContent or HttpStatusCode.OK, answer.Text));

        // One batch, of an answer or of a ping that was faster, and whoever asked for it again.
        Assert.Single(answers.Select(static answer => answer.Text).Where(static text => text.Length > 0).Distinct());
    }
}
