using Xunit;

namespace LiveChat.Tests.Tidy;

public sealed class EventIdRulesTests
{
    [Fact]
    public void Every_log_message_has_its_own_id_of_its_block() =>
        Findings.None(EventIdRules.Breaks(Repository.Files));

    [Theory]
    [InlineData("src/LiveChat.Core/Log/A.cs", "[LoggerMessage(2000, LogLevel.Debug, \"x\")]")]
    [InlineData("src/LiveChat.Core/Log/A.cs", "[LoggerMessage(\n  Level = LogLevel.Debug,\n  EventId = 4000)]")]
    [InlineData("src/LiveChat.Core/Log/A.cs", "[LoggerMessage(Level = LogLevel.Debug, Message = \"x\")]")]
    [InlineData("src/LiveChat.Core/Log/A.cs", "[LoggerMessage(3000)]\n[LoggerMessage(EventId = 3000)]")]
    [InlineData("src/LiveChat.Elsewhere/A.cs", "[LoggerMessage(3000)]")]
    public void A_foreign_missing_or_repeated_id_is_refused(string path, string text) =>
        Assert.Single(EventIdRules.Breaks([new SourceFile(path, text)]));
}
