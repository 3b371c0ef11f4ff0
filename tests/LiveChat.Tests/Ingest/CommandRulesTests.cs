using System.Text.Json;
using LiveChat.Core.Ingest;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Tests.Ingest;

public sealed class CommandRulesTests
{
    private static readonly UserId Ann = UserId.Parse("ann");
    private static readonly string Key = ClientId.FromTime(1_800_000_000_000, new byte[16]).ToString();

    private const string Version1 = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    private static readonly string LongEmoji = new('x', 65);

    [Fact]
    public void A_message_becomes_a_record_in_canonical_form()
    {
        var draft = CommandRules.Read(
            Ann,
            Send(new MessageBody
            {
                Text = "hi @bob",
                Format = "plain",
                Mentions = ["bob", "bob"],
                ReplyTo = 3,
                Custom = JsonDocument.Parse("{ \"a\" : [ 1, 2 ] }").RootElement,
            }),
            out var problem);
        Assert.Null(problem);
        var body = draft!.Record.Message.Body;
        Assert.Equal("", body.Format);
        Assert.Equal(["bob"], body.Mentions);
        Assert.Equal("{\"a\":[1,2]}", body.Custom);
        Assert.Equal(3ul, body.ReplyTo);
        Assert.Equal("ann", draft.Record.Sender);
        Assert.Equal(42ul, draft.Record.Chat);
    }

    [Fact]
    public void Members_are_each_there_once_in_order_without_the_creator()
    {
        var draft = CommandRules.Read(
            Ann, new ChatCreate { ClientId = Key, Members = ["cid", "ann", "bob", "cid"], Title = "t" }, out _);
        Assert.Equal(["bob", "cid"], draft!.Record.Created.Members);
        Assert.False(draft.Record.Created.Direct);
    }

    [Fact]
    public void Custom_data_of_a_chat_have_one_form_and_an_empty_object_removes_them()
    {
        var spaced = JsonElement.Parse("""{ "a" : [ 1 ] }""");
        var empty = JsonElement.Parse("{ }");
        var made = CommandRules.Read(Ann, new ChatCreate { ClientId = Key, Custom = spaced }, out _);
        Assert.Equal("""{"a":[1]}""", made!.Record.Created.Custom);
        var changed = CommandRules.Read(Ann, new ChatUpdate { Chat = "42", ClientId = Key, Custom = spaced }, out _);
        Assert.Equal(("""{"a":[1]}""", false), (changed!.Record.Settings.Custom, changed.Record.Settings.HasTitle));
        var removed = CommandRules.Read(Ann, new ChatUpdate { Chat = "42", ClientId = Key, Custom = empty }, out _);
        Assert.Equal((true, ""), (removed!.Record.Settings.HasCustom, removed.Record.Settings.Custom));
        var kept = CommandRules.Read(Ann, new ChatUpdate { Chat = "42", ClientId = Key, Title = "t" }, out _);
        Assert.False(kept!.Record.Settings.HasCustom);
    }

    public static TheoryData<ChangeCommand, string> Broken() => new()
    {
        { Send(new MessageBody { Text = "a" }) with { ClientId = "x" }, "/client_id" },
        { Send(new MessageBody { Text = "a" }) with { ClientId = Version1 }, "/client_id" },
        { Send(new MessageBody { Text = "a" }) with { Chat = null }, "/chat" },
        { Send(new MessageBody { Text = "a" }) with { Chat = "0" }, "/chat" },
        { Send(new MessageBody { Text = "a" }) with { Chat = "-1" }, "/chat" },
        { Send(new MessageBody()), "/body/text" },
        { Send(new MessageBody { Text = "a", Format = "html" }), "/body/format" },
        { Send(new MessageBody { Text = "a", ReplyTo = 0 }), "/body/reply_to" },
        { Send(new MessageBody { Text = "a", Mentions = ["a b"] }), "/body/mentions" },
        { Send(new MessageBody { Custom = JsonDocument.Parse("[1]").RootElement }), "/body/custom" },
        { new MessageDelete { Chat = "42", ClientId = Key, Target = 0 }, "/target" },
        { new ReactionSet { On = true, Chat = "42", ClientId = Key, Target = 1, Emoji = "" }, "/emoji" },
        { new ReactionSet { On = true, Chat = "42", ClientId = Key, Target = 1, Emoji = LongEmoji }, "/emoji" },
        { new ReactionSet { On = false, Chat = "42", ClientId = Key, Target = 1, Emoji = "." }, "/emoji" },
        { new ReactionSet { On = false, Chat = "42", ClientId = Key, Target = 1, Emoji = ".." }, "/emoji" },
        { new MemberAdd { Chat = "42", ClientId = Key, Users = [".."] }, "/users" },
        { new MemberRole { Chat = "42", ClientId = Key, User = ".", Role = "admin" }, "/user" },
        { new ChatCreate { ClientId = Key, Direct = "." }, "/direct" },
        { Send(new MessageBody { Text = "a", Mentions = [".."] }), "/body/mentions" },
        { new MemberAdd { Chat = "42", ClientId = Key, Users = [] }, "/users" },
        { new MemberAdd { Chat = "42", ClientId = Key, Users = ["bad id"] }, "/users" },
        { new MemberRemove { Chat = "42", ClientId = Key, User = "" }, "/user" },
        { new MemberRole { Chat = "42", ClientId = Key, User = "bob", Role = "king" }, "/role" },
        { new ChatUpdate { Chat = "42", ClientId = Key }, "/title" },
        { new ChatUpdate { Chat = "42", ClientId = Key, Title = "t", IfSeq = 0 }, "/if_seq" },
        { new ChatUpdate { Chat = "42", ClientId = Key, Custom = JsonElement.Parse("[]") }, "/custom" },
        { new ChatUpdate { Chat = "42", ClientId = Key, CustomPatch = JsonElement.Parse("7") }, "/custom_patch" },
        { Both(JsonElement.Parse("{}")), "/custom_patch" },
        { new ChatCreate { ClientId = Key, Custom = JsonElement.Parse("7") }, "/custom" },
        { new ChatCreate { ClientId = Key, Direct = "bob", Custom = JsonElement.Parse("{}") }, "/custom" },
        { new ChatCreate { ClientId = Key, Direct = "ann" }, "/direct" },
        { new ChatCreate { ClientId = Key, Direct = "bob", Title = "t" }, "/title" },
        { new ChatCreate { ClientId = Key, Direct = "bob", Members = ["c"] }, "/members" },
        { new ChatCreate { ClientId = Key, Title = new string('x', 257) }, "/title" },
        { new ChatCreate { ClientId = Key, Chat = "42" }, "/chat" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_rule_names_its_field(ChangeCommand command, string pointer)
    {
        var problem = ProblemOf(command);
        Assert.Equal(ErrorCode.ValidationFailed, problem!.Code);
        Assert.False(problem.Retryable);
        Assert.Equal(pointer, Assert.Single(problem.Errors!).Pointer);
    }

    [Fact]
    public void What_is_too_long_says_so()
    {
        var custom = JsonDocument.Parse($"{{\"a\":\"{new string('x', 4_096)}\"}}").RootElement;
        var users = Enumerable.Range(0, 257).Select(i => $"u{i}").ToList();
        foreach (var command in new ChangeCommand[]
        {
            Send(new MessageBody { Text = new string('x', 16_385) }),
            Send(new MessageBody { Text = "a", Custom = custom }),
            new ChatUpdate { Chat = "42", ClientId = Key, Custom = custom },
            new MemberAdd { Chat = "42", ClientId = Key, Users = users },
        })
            Assert.Equal(ErrorCode.PayloadTooLarge, ProblemOf(command)!.Code);
    }

    [Fact]
    public void A_body_counts_what_it_says_and_nothing_of_how_it_is_kept()
    {
        var custom = JsonElement.Parse("""{ "k" : "\u6f22" }""");
        var others = """{"k":"漢"}""".Length + 2 + "md".Length + "bobcid".Length;
        MessageBody Body(int text) => new()
        {
            Text = new string('x', text), Format = "md", Mentions = ["bob", "cid"], ReplyTo = 3, Custom = custom,
        };
        Assert.Null(ProblemOf(Send(Body(Limits.BodyBytesMax - others))));
        Assert.Equal(ErrorCode.PayloadTooLarge, ProblemOf(Send(Body(Limits.BodyBytesMax - others + 1)))!.Code);
    }

    /// <summary>What is wrong with a command: its fields are looked at first, as where it comes in.</summary>
    private static Problem? ProblemOf(ChangeCommand command)
    {
        if (FieldRules.Check(command) is { } broken) return broken;
        CommandRules.Read(Ann, command, out var problem);
        return problem;
    }

    private static ChatUpdate Both(JsonElement value) =>
        new() { Chat = "42", ClientId = Key, Custom = value, CustomPatch = value };

    private static MessageSend Send(MessageBody body) => new() { Chat = "42", ClientId = Key, Body = body };
}
