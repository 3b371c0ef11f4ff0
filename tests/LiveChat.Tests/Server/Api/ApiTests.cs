using System.Net;
using System.Text.Json;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server.Gateway;
using Xunit;

namespace LiveChat.Tests.Server.Api;

/// <summary>The HTTP API against a real server: what a backend or a script would do.</summary>
public sealed class ApiTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly TestServer _server = shared.Server;

    [Fact]
    public async Task Two_people_chat_over_http_and_socket()
    {
        using var ann = new ApiClient(_server, "ann");
        using var bob = await _server.ConnectAsync("benno");
        var created = await ann.SendAsync("POST", "/v1/chats", """{"direct":"benno"}""");
        Assert.Equal(HttpStatusCode.Created, created.Status);
        var chat = created.Body.GetProperty("chat").GetString()!;
        Assert.Equal($"/v1/chats/{chat}", created.Location);

        var seq = await ann.SayAsync(chat, "over http");
        Assert.Equal("over http", (await bob.NextAsync<MessageCreated>()).Body!.Text);
        var answer = await bob.AckAsync(TestSocket.Message(chat, "over a socket"));
        var page = await ann.DoneAsync("GET", $"/v1/chats/{chat}/messages?min_seq={answer.Seq}");
        Assert.Equal(
            ["over a socket", "over http"],
            page.GetProperty("items").EnumerateArray().Select(item => TextOf(item)));
        Assert.Equal(seq + 1, answer.Seq);
        Assert.Equal(chat, await ann.DirectAsync("benno"));
    }

    [Fact]
    public async Task A_repetition_under_the_same_key_has_its_effect_once()
    {
        using var ann = new ApiClient(_server, "ann");
        var chat = await ann.DirectAsync("once");
        var path = $"/v1/chats/{chat}/messages";
        var body = $$$"""{"client_id":"{{{ApiClient.Key()}}}","body":{"text":"once"}}""";
        var first = await ann.SendAsync("POST", path, body);
        var second = await ann.SendAsync("POST", path, body);
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (first.Status, second.Status));
        Assert.Equal(first.Body.GetProperty("seq").GetInt64(), second.Body.GetProperty("seq").GetInt64());
        Assert.Equal(first.Location, second.Location);
        Assert.True(second.Body.GetProperty("duplicate").GetBoolean());

        var other = await ann.SendAsync("POST", path, body.Replace("\"once\"", "\"twice\"", StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.Conflict, "duplicate_mismatch"), (other.Status, other.Code));
    }

    [Fact]
    public async Task A_message_is_edited_reacted_to_and_deleted()
    {
        using var ann = new ApiClient(_server, "ann");
        using var bob = new ApiClient(_server, "bob");
        var chat = await ann.DirectAsync("bob");
        var seq = await ann.SayAsync(chat, "helo");
        var path = $"/v1/chats/{chat}/messages/{seq}";
        await ann.DoneAsync("PATCH", path, """{"body":{"text":"hello"}}""");
        var last = await bob.DoneAsync("PUT", $"{path}/reactions/{Uri.EscapeDataString("👍")}");
        var page = await ann.DoneAsync("GET", $"/v1/chats/{chat}/messages?min_seq={SeqOf(last)}&limit=1");
        var message = page.GetProperty("items")[0].GetProperty("data");
        Assert.Equal("hello", message.GetProperty("body").GetProperty("text").GetString());
        Assert.Equal("👍", message.GetProperty("reactions")[0].GetProperty("emoji").GetString());

        Assert.Equal("forbidden", (await bob.SendAsync("DELETE", path)).Code);
        await bob.DoneAsync("DELETE", $"{path}/reactions/{Uri.EscapeDataString("👍")}");
        last = await ann.DoneAsync("DELETE", path);
        page = await ann.DoneAsync("GET", $"/v1/chats/{chat}/messages?min_seq={SeqOf(last)}&limit=1");
        Assert.False(page.GetProperty("items")[0].GetProperty("data").TryGetProperty("body", out _));
        var events = await ann.DoneAsync("GET", $"/v1/chats/{chat}/events?after_seq={seq}&limit=100");
        Assert.Equal(
            ["message.edited", "reaction.changed", "reaction.changed", "message.deleted"],
            events.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task A_group_has_members_roles_and_settings_that_are_changed_on_a_condition()
    {
        using var ann = new ApiClient(_server, "ann");
        using var bob = new ApiClient(_server, "bob");
        var made = await ann.DoneAsync("POST", "/v1/chats", """{"members":["bob","cem"],"title":"Lunch"}""");
        var path = $"/v1/chats/{made.GetProperty("chat").GetString()}";
        var chat = await ann.SendAsync("GET", path);
        Assert.Equal("\"1\"", chat.Tag);
        Assert.Equal(
            [("ann", "owner"), ("bob", "member"), ("cem", "member")],
            chat.Body.GetProperty("members").EnumerateArray().Select(member =>
                (member.GetProperty("user").GetString(), member.GetProperty("role").GetString())));

        Assert.Equal("forbidden", (await bob.SendAsync("PATCH", path, """{"title":"Mine"}""")).Code);
        await ann.DoneAsync("PUT", path + "/members/bob", """{"role":"admin"}""");
        var changed = await bob.SendAsync("PATCH", path, """{"title":"Dinner"}""", ifMatch: chat.Tag);
        Assert.Equal(HttpStatusCode.OK, changed.Status);
        var late = await ann.SendAsync(
            "PATCH", path, """{"title":"Late"}""", "application/merge-patch+json", chat.Tag);
        Assert.Equal((HttpStatusCode.PreconditionFailed, "precondition_failed"), (late.Status, late.Code));
        var now = await ann.SendAsync("GET", path);
        Assert.Equal((changed.Tag, "Dinner"), (now.Tag, now.Body.GetProperty("title").GetString()));
        await ann.DoneAsync("PATCH", path, """{"title":null}""");
        Assert.False((await ann.DoneAsync("GET", path)).TryGetProperty("title", out _));

        await ann.DoneAsync("POST", path + "/members", """{"users":["dia"]}""");
        await ann.DoneAsync("DELETE", path + "/members/cem");
        Assert.Equal("last_owner", (await ann.SendAsync("DELETE", path + "/members/ann")).Code);
        await bob.DoneAsync("DELETE", path + "/members/bob");
        Assert.Equal(HttpStatusCode.NotFound, (await bob.SendAsync("GET", path)).Status);
        Assert.Equal(2, (await ann.DoneAsync("GET", path)).GetProperty("members").GetArrayLength());
    }

    [Fact]
    public async Task Custom_data_are_merged_by_a_patch_that_is_known_again_and_loses_nothing()
    {
        using var ann = new ApiClient(_server, "merger");
        using var bob = new ApiClient(_server, "merger2");
        var made = await ann.DoneAsync(
            "POST", "/v1/chats", """{"members":["merger2"],"custom":{"a":1,"b":{"c":[1],"d":2}}}""");
        var path = $"/v1/chats/{made.GetProperty("chat").GetString()}";
        await ann.DoneAsync("PUT", path + "/members/merger2", """{"role":"admin"}""");
        var patch = $$$"""{"client_id":"{{{ApiClient.Key()}}}","custom":{"a":null,"b":{"c":9} } }""";
        const string Type = "application/merge-patch+json";
        var first = await ann.SendAsync("PATCH", path, patch, Type);
        Assert.Equal("""{"b":{"c":9,"d":2}}""", await CustomAsync());
        await bob.DoneAsync("PATCH", path, """{"custom":{"b":{"e":{"f":null}}}}""");
        var again = await ann.SendAsync("PATCH", path, patch, Type);
        Assert.Equal(HttpStatusCode.OK, again.Status);
        Assert.True(again.Body.GetProperty("duplicate").GetBoolean());
        Assert.Equal(SeqOf(first.Body), SeqOf(again.Body));
        Assert.Equal("""{"b":{"c":9,"d":2,"e":{}}}""", await CustomAsync());

        // Those who change different things at the same time keep them all.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            (i % 2 == 0 ? ann : bob).DoneAsync("PATCH", path, $$$"""{"custom":{"b":null,"k{{{i}}}":[{{{i}}}]}}""")));
        var all = JsonDocument.Parse((await CustomAsync())!).RootElement;
        Assert.Equal(
            Enumerable.Range(0, 8).Select(i => $"k{i}"),
            all.EnumerateObject().Select(static field => field.Name).Order(StringComparer.Ordinal));

        var tooLong = $$$"""{"custom":{"x":"{{{new string('x', 4_080)}}}"}}""";
        Assert.Equal("payload_too_large", (await ann.SendAsync("PATCH", path, tooLong, Type)).Code);
        Assert.Equal("validation_failed", (await ann.SendAsync("PATCH", path, """{"custom":[1]}""", Type)).Code);
        await ann.DoneAsync("PATCH", path, """{"custom":null}""");
        Assert.Null(await CustomAsync());

        async Task<string?> CustomAsync() =>
            (await ann.DoneAsync("GET", path)).TryGetProperty("custom", out var custom) ? custom.GetRawText() : null;
    }

    [Fact]
    public async Task Messages_come_newest_first_a_hundred_at_a_time_however_many_reactions_lie_between()
    {
        await using var quick = await TestServer.StartAsync(
            TestServer.NewFolder(), "--LiveChat:Rates:UserPerSecond=10000", "--LiveChat:Rates:UserBurst=10000",
            "--LiveChat:Rates:ChatPerSecond=10000", "--LiveChat:Rates:ChatBurst=10000",
            "--LiveChat:Rates:RequestsPerSecond=10000", "--LiveChat:Rates:RequestsBurst=10000",
            "--LiveChat:Rates:ReadRowsBurst=1000000");
        using var ann = new ApiClient(quick, "ann");
        var chat = await ann.DirectAsync("bob");
        var seqs = new List<long>();
        for (var i = 0; i < 105; i++) seqs.Add(await ann.SayAsync(chat, $"m{i}"));
        var last = 0L;
        for (var i = 0; i < 300; i++)
            last = SeqOf(await ann.DoneAsync("PUT", $"/v1/chats/{chat}/messages/{seqs[^1]}/reactions/e{i}"));

        var page = await ann.DoneAsync("GET", $"/v1/chats/{chat}/messages?limit=100&min_seq={last}");
        var got = page.GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("data").GetProperty("seq").GetInt64()).ToList();
        Assert.Equal(seqs.AsEnumerable().Reverse().Take(100), got);
        var next = page.GetProperty("next").GetInt64();
        page = await ann.DoneAsync("GET", $"/v1/chats/{chat}/messages?limit=100&before_seq={next}");
        Assert.Equal(5, page.GetProperty("items").GetArrayLength());
        Assert.False(page.TryGetProperty("next", out _));
    }

    [Fact]
    public async Task A_message_is_found_where_the_answer_to_its_sending_says()
    {
        using var ann = new ApiClient(_server, "finder");
        using var bob = new ApiClient(_server, "finder2");
        using var mallory = new ApiClient(_server, "mallory");
        var made = await ann.DoneAsync("POST", "/v1/chats", """{"title":"t"}""");
        var chat = $"/v1/chats/{made.GetProperty("chat").GetString()}";
        var sent = await ann.SendAsync("POST", chat + "/messages", """{"body":{"text":"here"}}""");
        var path = sent.Location!;
        var found = await ann.DoneAsync("GET", path);
        Assert.Equal("here", found.GetProperty("body").GetProperty("text").GetString());
        var reacted = await ann.DoneAsync("PUT", path + "/reactions/x");
        found = await ann.DoneAsync("GET", $"{path}?min_seq={SeqOf(reacted)}");
        Assert.Equal("x", found.GetProperty("reactions")[0].GetProperty("emoji").GetString());

        // What is no message, not there, or hidden is not found: also for a member who came later.
        var added = await ann.DoneAsync("POST", chat + "/members", """{"users":["finder2"]}""");
        foreach (var seq in (string[])["1", "0", "-1", "03", "x", $"{SeqOf(reacted)}", "99", "9223372036854775807"])
            Assert.Equal("not_found", (await ann.SendAsync("GET", $"{chat}/messages/{seq}")).Code);
        await bob.DoneAsync("GET", $"{chat}/messages?min_seq={SeqOf(added)}");
        Assert.Equal("not_found", (await bob.SendAsync("GET", path)).Code);
        var foreign = await mallory.SendAsync("GET", path);
        var missing = await mallory.SendAsync("GET", "/v1/chats/7301/messages/2");
        Assert.Equal((HttpStatusCode.NotFound, missing.Body.GetRawText()), (foreign.Status, foreign.Body.GetRawText()));
        var deleted = await ann.DoneAsync("DELETE", path);
        found = await ann.DoneAsync("GET", $"{path}?min_seq={SeqOf(deleted)}");
        Assert.False(found.TryGetProperty("body", out _));
        Assert.Equal(SeqOf(deleted), found.GetProperty("deleted_seq").GetInt64());
    }

    [Theory]
    [InlineData("/v1/chats")]
    [InlineData("/v1/meta")]
    [InlineData("/openapi/v1.json")]
    public async Task The_head_of_an_answer_is_that_of_the_answer(string path)
    {
        using var ann = new ApiClient(_server, "header");
        var head = await ann.SendAsync("HEAD", path);
        Assert.Equal((HttpStatusCode.OK, "application/json"), (head.Status, head.Type));
        Assert.Equal(JsonValueKind.Undefined, head.Body.ValueKind);
    }

    [Fact]
    public async Task What_nobody_takes_is_a_problem_that_says_so()
    {
        using var ann = new ApiClient(_server, "nobody");
        var refused = await ann.SendAsync("DELETE", "/v1/chats");
        Assert.Equal((405, "method_not_allowed"), ((int)refused.Status, refused.Code));

        var answer = await RawHttp.ReadAsync(
            _server.Url,
            $"GET /v1/chats HTTP/1.1\r\nHost: {_server.Url.Authority}\r\nConnection: close\r\n"
            + $"Authorization: Bearer lcs_\u00ff\r\nLiveChat-Act-As: j\u00f6rg\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_markers_and_sync_are_those_of_the_socket()
    {
        using var ann = new ApiClient(_server, "lister");
        using var bob = new ApiClient(_server, "bob");
        var chats = new List<string>();
        for (var i = 0; i < 3; i++) chats.Add(await ann.DirectAsync($"friend{i}"));
        var chat = await bob.DirectAsync("lister");
        var seq = await bob.SayAsync(chat, "unread");
        var sync = await ann.DoneAsync("GET", "/v1/sync");
        Assert.Equal(4, sync.GetProperty("items").GetArrayLength());
        Assert.True(sync.TryGetProperty("since", out _));

        await ann.DoneAsync("PUT", $"/v1/chats/{chat}/markers", $$"""{"read":{{seq}}}""");
        var seen = new List<string>();
        for (var path = "/v1/chats?limit=2"; ;)
        {
            var page = await ann.DoneAsync("GET", path);
            seen.AddRange(page.GetProperty("items").EnumerateArray()
                .Select(item => item.GetProperty("chat").GetString()!));
            if (!page.TryGetProperty("next", out var next)) break;
            path = $"/v1/chats?limit=2&cursor={Uri.EscapeDataString(next.GetString()!)}";
        }

        Assert.Equal(chats.Append(chat).Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        Assert.Equal(
            HttpStatusCode.NoContent,
            (await ann.SendAsync("PUT", $"/v1/chats/{chat}/typing", """{"on":true}""")).Status);
    }

    [Fact]
    public async Task A_chat_is_muted_and_pinned_by_a_merge_patch()
    {
        using var ann = new ApiClient(_server, "ann");
        using var socket = await _server.ConnectAsync("ann");
        var path = $"/v1/chats/{await ann.DirectAsync("muted")}";
        await ann.DoneAsync("PATCH", path + "/mine", """{"muted_until":"2999-01-01T00:00:00Z","pinned":true}""");
        Assert.True((await socket.NextAsync<Mine>()).Pinned);
        var chat = await ann.DoneAsync("GET", path);
        Assert.Equal("2999-01-01T00:00:00.000Z", chat.GetProperty("muted_until").GetString());
        var mine = await ann.SendAsync(
            "PATCH", path + "/mine", """{"muted_until":null,"pinned":null}""", "application/merge-patch+json");
        Assert.False(mine.Body.TryGetProperty("muted_until", out _));
        Assert.False(mine.Body.GetProperty("pinned").GetBoolean());
        Assert.Null(mine.Tag);
    }

    [Theory]
    [InlineData("GET", "/v1/chats/{0}", null)]
    [InlineData("PATCH", "/v1/chats/{0}/mine", """{"pinned":true}""")]
    [InlineData("GET", "/v1/chats/{0}/messages", null)]
    [InlineData("GET", "/v1/chats/{0}/events?after_seq=0", null)]
    [InlineData("PATCH", "/v1/chats/{0}", """{"title":"x"}""")]
    [InlineData("POST", "/v1/chats/{0}/messages", """{"body":{"text":"x"}}""")]
    [InlineData("PATCH", "/v1/chats/{0}/messages/2", """{"body":{"text":"x"}}""")]
    [InlineData("DELETE", "/v1/chats/{0}/messages/2", null)]
    [InlineData("PUT", "/v1/chats/{0}/messages/2/reactions/x", null)]
    [InlineData("POST", "/v1/chats/{0}/members", """{"users":["mallory"]}""")]
    [InlineData("PUT", "/v1/chats/{0}/members/ann", """{"role":"member"}""")]
    [InlineData("DELETE", "/v1/chats/{0}/members/ann", null)]
    [InlineData("PUT", "/v1/chats/{0}/markers", """{"read":1}""")]
    [InlineData("POST", "/v1/chats/{0}/presence", """{"users":["ann"]}""")]
    public async Task A_foreign_chat_and_one_that_is_not_there_look_the_same(string method, string path, string? body)
    {
        using var ann = new ApiClient(_server, "ann");
        using var mallory = new ApiClient(_server, $"mallory-{Math.Abs(path.Length + method.Length * 100)}");
        var chat = await ann.DirectAsync("bob");
        await ann.SayAsync(chat, "secret");
        var foreign = await mallory.SendAsync(method, path.Replace("{0}", chat, StringComparison.Ordinal), body);
        var missing = await mallory.SendAsync(method, path.Replace("{0}", "7301", StringComparison.Ordinal), body);
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), (foreign.Status, foreign.Code));
        Assert.Equal(missing.Status, foreign.Status);
        Assert.Equal(missing.Body.GetRawText(), foreign.Body.GetRawText());
    }

    [Theory]
    [InlineData("POST", "/v1/chats", "{", "application/json", 400, "bad_request")]
    [InlineData("POST", "/v1/chats", "[]", "application/json", 400, "bad_request")]
    [InlineData("POST", "/v1/chats", "", "application/json", 400, "bad_request")]
    [InlineData("POST", "/v1/chats", """{"direct":1}""", "application/json", 400, "bad_request")]
    [InlineData("POST", "/v1/chats", """{"direct":"a","direct":"b"}""", "application/json", 400, "bad_request")]
    [InlineData("POST", "/v1/chats", """{"direct":"a b"}""", "application/json", 422, "validation_failed")]
    [InlineData("POST", "/v1/chats", """{"direct":"bob"}""", "text/plain", 415, "unsupported_media")]
    [InlineData("POST", "/v1/chats/7/messages", """{"chat":"8"}""", "application/json", 400, "bad_request")]
    [InlineData("GET", "/v1/chats?limit=1000000000", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats?limit=ten", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/none/messages", null, "", 422, "validation_failed")]
    [InlineData("POST", "/v1/chats/7/presence", "{}", "application/json", 400, "bad_request")]
    [InlineData("POST", "/v1/chats/7/presence", """{"users":[]}""", "application/json", 422, "validation_failed")]
    [InlineData("POST", "/v1/chats/7/presence", """{"users":["a b"]}""", "application/json", 422, "validation_failed")]
    [InlineData("PUT", "/v1/presence", """{"visible":"no"}""", "application/json", 400, "bad_request")]
    [InlineData("GET", "/v1/nothing", null, "", 404, "not_found")]
    [InlineData("GET", "/v1/sync?cursor=x", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/sync?cursor=-1", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/sync?cursor=18446744073709551616", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats?cursor=x", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats?cursor=-1.7", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats?cursor=1.2.3", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats?cursor=99999999999999999999.1", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats?limit=0", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats?limit=-1", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats?limit=99999999999999999999", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/7/messages?limit=101", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/7/messages?limit=1e9", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/7/messages?before_seq=0", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/7/messages?before_seq=-1", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/7/messages?before_seq=18446744073709551616", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/7/messages?around_seq=0", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/7/messages?before_seq=9&around_seq=9", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/7/messages?min_seq=-1", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/7/messages?limit=1&limit=2", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/7/events?after_seq=-1", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/7/events?after_seq=1&before_seq=9", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/0/messages", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/-7/messages", null, "", 422, "validation_failed")]
    [InlineData("GET", "/v1/chats/18446744073709551616/messages", null, "", 422, "validation_failed")]
    [InlineData("DELETE", "/v1/chats/7/messages/0", null, "", 422, "validation_failed")]
    [InlineData("DELETE", "/v1/chats/7/messages/-1", null, "", 422, "validation_failed")]
    [InlineData("DELETE", "/v1/chats/7/messages/1.5", null, "", 404, "not_found")]
    [InlineData("DELETE", "/v1/chats/7/messages/18446744073709551616", null, "", 404, "not_found")]
    [InlineData("POST", "/v1/chats", """{"direct":"a:b"}""", "application/json", 422, "validation_failed")]
    [InlineData("POST", "/v1/chats", """{"direct":"a\nb"}""", "application/json", 422, "validation_failed")]
    [InlineData("POST", "/v1/chats", """{"direct":"a\u0000"}""", "application/json", 422, "validation_failed")]
    [InlineData("POST", "/v1/chats", """{"direct":"a/../b"}""", "application/json", 422, "validation_failed")]
    [InlineData("POST", "/v1/chats", """{"direct":"a'--"}""", "application/json", 422, "validation_failed")]
    [InlineData("POST", "/v1/chats", """{"direct":""}""", "application/json", 422, "validation_failed")]
    [InlineData("POST", "/v1/chats", """{"direct":{"$ne":""}}""", "application/json", 400, "bad_request")]
    [InlineData("POST", "/v1/chats", """{"members":["a*"]}""", "application/json", 422, "validation_failed")]
    public async Task Bad_input_is_a_problem(
        string method, string path, string? body, string type, int status, string code)
    {
        using var ann = new ApiClient(_server, "clumsy");
        var response = await ann.SendAsync(method, path, body, type.Length == 0 ? "application/json" : type);
        Assert.Equal((status, code), ((int)response.Status, response.Code));
        Assert.Equal("application/problem+json", response.Type);
    }

    [Theory]
    [InlineData("/v1/chats?foo=bar")]
    [InlineData("/v1/chats?utm=1&foo=bar&foo=baz")]
    [InlineData("/v1/chats?chat=x&limit=")]
    [InlineData("/v1/sync?limit=x")]
    [InlineData("/v1/presence?visible=false")]
    public async Task What_nobody_asked_for_in_the_query_is_not_looked_at(string path)
    {
        using var ann = new ApiClient(_server, "curious");
        var answer = await ann.SendAsync("GET", path);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        if (answer.Body.TryGetProperty("visible", out var visible)) Assert.True(visible.GetBoolean());
    }

    [Theory]
    [InlineData("Application/JSON", 201)]
    [InlineData("application/json;charset=UTF-8", 201)]
    [InlineData("application/json; charset=\"utf-8\"; x=y", 201)]
    [InlineData("application/json; charset=utf-16", 415)]
    [InlineData("application/merge-patch+json", 415)]
    [InlineData("application/jsonx", 415)]
    [InlineData("json", 415)]
    [InlineData("", 415)]
    public async Task A_body_is_json_in_utf8_however_its_type_is_written(string type, int status)
    {
        const string Body = """{"title":"typed"}""";
        var line = type.Length == 0 ? "" : $"Content-Type: {type}\r\n";
        Assert.Equal(
            [$"{status}"],
            await RawHttp.SendAsync(
                _server.Url,
                $"POST /v1/chats HTTP/1.1\r\nHost: {_server.Url.Authority}\r\nConnection: close\r\n"
                + $"Authorization: Bearer {_server.Token("typist")}\r\n{line}"
                + $"Content-Length: {Body.Length}\r\n\r\n{Body}"));
    }

    [Fact]
    public async Task A_body_above_the_limit_is_refused_before_it_is_read()
    {
        using var ann = new ApiClient(_server, "ann");
        var users = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"user{i}\""));
        var response = await ann.SendAsync("POST", "/v1/chats", $$"""{"members":[{{users}}]}""");
        Assert.Equal((413, "payload_too_large"), ((int)response.Status, response.Code));
        using var list = new ApiClient(_server, "user7");
        Assert.Equal(0, (await list.DoneAsync("GET", "/v1/chats")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Whoever_shows_no_good_token_is_not_told_anything()
    {
        using var nobody = new ApiClient(_server, null);
        var inAddress = $"/v1/chats?token={_server.Token("ann")}";
        foreach (var path in (string[])["/v1/chats", "/v1/chats/7", "/v1/sync", inAddress])
        {
            var response = await nobody.SendAsync("GET", path);
            Assert.Equal((401, "unauthorized"), ((int)response.Status, response.Code));
        }
    }

    [Fact]
    public async Task A_forged_token_is_answered_the_same_whether_or_not_its_user_exists()
    {
        using var ann = new ApiClient(_server, "ann");
        await ann.DirectAsync("bob");
        await using var other = await TestServer.StartAsync(TestServer.NewFolder());
        var answers = new HashSet<string>();
        foreach (var user in (string[])["ann", "bob", "never-seen"])
        {
            using var forger = new ApiClient(_server.Url, other.Token(user));
            var answer = await forger.SendAsync("GET", "/v1/chats");
            Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
            answers.Add(answer.Body.GetRawText());
        }

        Assert.Single(answers);
    }

    [Fact]
    public async Task What_a_request_says_of_its_sender_beside_the_token_changes_nothing()
    {
        await using var slow = await TestServer.StartAsync(
            TestServer.NewFolder(), "--LiveChat:Rates:RequestsPerSecond=1", "--LiveChat:Rates:RequestsBurst=2");
        var statuses = new List<string>();
        for (var i = 1; i <= 4; i++)
            statuses.AddRange(await RawHttp.SendAsync(
                slow.Url,
                $"GET /v1/chats HTTP/1.1\r\nHost: {slow.Url.Authority}\r\nConnection: close\r\n"
                + $"Authorization: Bearer {slow.Token("ann")}\r\nX-Forwarded-For: 10.0.0.{i}\r\n"
                + $"X-Real-IP: 10.0.0.{i}\r\nForwarded: for=10.0.0.{i};host=a.example;proto=https\r\n"
                + $"X-User-Id: user{i}\r\nX-Forwarded-User: user{i}\r\n\r\n"));
        Assert.Equal(["200", "200"], statuses[..2]);
        Assert.Contains("429", statuses[2..]);
    }

    [Fact]
    public async Task Too_many_requests_are_told_how_long_to_wait()
    {
        await using var slow = await TestServer.StartAsync(
            TestServer.NewFolder(), "--LiveChat:Rates:RequestsPerSecond=1", "--LiveChat:Rates:RequestsBurst=2");
        using var ann = new ApiClient(slow, "ann");
        using var bob = new ApiClient(slow, "bob");
        for (var i = 0; i < 2; i++) await ann.DoneAsync("GET", "/v1/chats");
        var response = await ann.SendAsync("GET", "/v1/chats");
        Assert.Equal((429, "rate_limited"), ((int)response.Status, response.Code));
        Assert.InRange(response.RetryAfter!.Value.TotalSeconds, 1, 3);
        await bob.DoneAsync("GET", "/v1/chats");
    }

    [Fact]
    public async Task The_server_says_what_it_is_and_what_it_takes()
    {
        using var nobody = new ApiClient(_server, null);
        var meta = await nobody.DoneAsync("GET", "/v1/meta");
        Assert.Equal(256, meta.GetProperty("limits").GetProperty("members").GetInt32());
        Assert.True(meta.GetProperty("features").GetProperty("issues_tokens").GetBoolean());
        Assert.False(meta.GetProperty("features").GetProperty("development").GetBoolean());
        Assert.Equal("livechat.v1.json", meta.GetProperty("protocols")[0].GetString());
    }

    private static string? TextOf(JsonElement item) =>
        item.GetProperty("data").GetProperty("body").GetProperty("text").GetString();

    private static long SeqOf(JsonElement ack) => ack.GetProperty("seq").GetInt64();
}
