using System.Globalization;
using System.Text.RegularExpressions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Protocol;

/// <summary>docs/PROTOCOL.md names all that the code can say, and says of it what the code does.</summary>
public sealed partial class ProtocolDocumentTests
{
    private static readonly string Document = File.ReadAllText(
        Path.Combine(Vectors.Root(), "docs", "PROTOCOL.md"));

    public static TheoryData<string> FrameTypes => new(Constants(typeof(FrameType)));

    public static TheoryData<string> ErrorCodes => new(Constants(typeof(ErrorCode)));

    [Theory]
    [MemberData(nameof(FrameTypes))]
    public void Every_type_of_frame_has_a_row(string type) =>
        Assert.Contains($"\n| `{type}` |", Document, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(ErrorCodes))]
    public void Every_error_code_has_a_row_that_says_whether_to_retry(string code)
    {
        var retryable = ErrorCode.IsRetryable(code) ? "yes" : "no";
        Assert.Matches($@"\n\| `{code}` \| \d{{3}} \| {retryable} \|", Document);
    }

    [Fact]
    public void Every_close_code_has_a_row_with_its_number_and_name()
    {
        foreach (var code in Enum.GetValues<CloseCode>())
        {
            var name = WordStart().Replace(code.ToString(), "_$0").ToLowerInvariant();
            var row = string.Create(CultureInfo.InvariantCulture, $"\n| {(int)code} | `{name}` |");
            Assert.Contains(row, Document, StringComparison.Ordinal);
        }
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

    private static IEnumerable<string> Constants(Type type) => type.GetFields()
        .Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!);

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex WordStart();
}
