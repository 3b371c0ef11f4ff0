using System.Globalization;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Protocol;

/// <summary>docs/PROTOCOL.md names all that the code can say, and says of it what the code does.</summary>
public sealed class ProtocolDocumentTests
{
    private static readonly string Document = File.ReadAllText(
        Path.Combine(Vectors.Root(), "docs", "PROTOCOL.md"));

    public static TheoryData<string> FrameTypes => new(Constants(typeof(FrameType)));

    [Theory]
    [MemberData(nameof(FrameTypes))]
    public void Every_type_of_frame_has_a_row(string type) =>
        Assert.Contains($"\n| `{type}` |", Document, StringComparison.Ordinal);

    [Fact]
    public void Every_code_has_one_rule()
    {
        Assert.Equal(Constants(typeof(ErrorCode)), ErrorRule.All.Select(static rule => rule.Code));
        Assert.Equal(Enum.GetValues<CloseCode>(), CloseRule.All.Select(static rule => rule.Code));
    }

    [Fact]
    public void A_close_code_says_by_its_number_whether_to_come_back()
    {
        Assert.All(
            CloseRule.All.Where(static rule => rule.Code is not CloseCode.Normal),
            static rule => Assert.Equal((int)rule.Code is >= 4000 and < 4500, rule.Reconnects));
        Assert.All(CloseRule.All, static rule => Assert.Equal(rule.Then, CloseRule.After((int)rule.Code, null)));
        Assert.Equal(AfterClose.Reconnect, CloseRule.After(4499, reconnect: null));
        Assert.Equal(AfterClose.Stop, CloseRule.After(4999, reconnect: null));
        Assert.Equal(AfterClose.Reconnect, CloseRule.After(code: null, reconnect: null));
    }

    /// <summary>A change of a table is a change of this page; <c>LIVECHAT_WRITE=1</c> writes it.</summary>
    [Fact]
    public void The_tables_of_codes_are_those_of_the_code()
    {
        var path = Path.Combine(Vectors.Root(), "docs", "PROTOCOL.md");
        var text = WithTable(
            Document, "| code | status | retryable | the client | meaning |\n|---|---|---|---|---|\n", ErrorRows());
        text = WithTable(text, "| code | name | the client | meaning |\n|---|---|---|---|\n", CloseRows());
        if (Environment.GetEnvironmentVariable("LIVECHAT_WRITE") == "1") File.WriteAllText(path, text);
        else Assert.Equal(text, Document);
    }

    [Theory]
    [InlineData("message of a client", Limits.FrameBytesMax)]
    [InlineData("body of a message", Limits.BodyBytesMax)]
    [InlineData("`custom`", Limits.CustomBytesMax)]
    [InlineData("`mentions`", Limits.MentionsMax)]
    [InlineData("members of a chat", Limits.MembersMax)]
    [InlineData("title", Limits.TitleBytesMax)]
    [InlineData("emoji", Limits.EmojiBytesMax)]
    [InlineData("user id, device", Limits.DeviceLengthMax)]
    [InlineData("name of a user", Limits.NameBytesMax)]
    [InlineData("pinned chats of a user", Limits.PinsMax)]
    [InlineData("items of a page", Limits.PageItemsMax)]
    [InlineData("users of a query or watch of presence", Limits.PresenceUsersMax)]
    [InlineData("levels of nesting", Limits.JsonDepthMax)]
    public void Every_limit_has_its_number(string what, int most)
    {
        var row = string.Create(CultureInfo.InvariantCulture, $"\n| {what} | {most:N0}");
        Assert.Contains(row, Document, StringComparison.Ordinal);
    }

    private static string WithTable(string document, string heading, IEnumerable<string> rows)
    {
        var start = document.IndexOf(heading, StringComparison.Ordinal) + heading.Length;
        Assert.True(start >= heading.Length, heading);
        var end = document.IndexOf("\n\n", start, StringComparison.Ordinal);
        return document[..start] + string.Join('\n', rows) + document[end..];
    }

    private static IEnumerable<string> ErrorRows() => ErrorRule.All.Select(static rule => string.Create(
        CultureInfo.InvariantCulture,
        $"| `{rule.Code}` | {rule.Status} | {(ErrorCode.IsRetryable(rule.Code) ? "yes" : "no")} | {Say(rule.Then)} "
        + $"| {rule.Meaning} |"));

    private static IEnumerable<string> CloseRows() => CloseRule.All.Select(static rule => string.Create(
        CultureInfo.InvariantCulture, $"| {(int)rule.Code} | `{rule.Name}` | {Say(rule)} | {rule.Meaning} |"));

    private static string Say(AfterError then) => then switch
    {
        AfterError.GiveUp => "gives the command up",
        AfterError.Repeat => "repeats the command",
        AfterError.NewToken => "gets a new token",
        AfterError.Reconnect => "reconnects, resumes",
        _ => throw new ArgumentOutOfRangeException(nameof(then)),
    };

    private static string Say(CloseRule rule) => rule.Then switch
    {
        AfterClose.Reconnect when rule.AfterMs is not null => "reconnects after `after_ms`",
        AfterClose.Reconnect => "reconnects with back-off",
        AfterClose.ReconnectAtOnce => "reconnects at once",
        AfterClose.StartOver => "drops `since`, reconnects at once",
        AfterClose.TryNewToken => "tries once with a new token, then stops",
        AfterClose.Stop => "stops",
        AfterClose.StopAndWipe => "stops and wipes what it stored",
        _ => throw new ArgumentOutOfRangeException(nameof(rule)),
    };

    private static IEnumerable<string> Constants(Type type) => type.GetFields()
        .Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!);
}
