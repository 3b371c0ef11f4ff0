using Xunit;

namespace LiveChat.Tests.Tidy;

/// <summary>An operator who meets a line of the log finds it on a page.</summary>
public sealed class LogLinesTests
{
    private const string Page = "docs/ops/log-lines.md";

    /// <summary>A change of a line is a change of this page; <c>LIVECHAT_WRITE=1</c> writes it.</summary>
    [Fact]
    public void The_page_has_every_line_of_the_source()
    {
        var present = Repository.File(Page).Text;

        var page = LogLines.Update(present, Repository.Files);

        if (Environment.GetEnvironmentVariable("LIVECHAT_WRITE") == "1")
            File.WriteAllText(Path.Combine(Repository.Root, Page), page);
        else
            Assert.Equal(page, present);
    }

    [Fact]
    public void The_page_says_of_every_line_what_it_means() =>
        Findings.None(LogLines.Unsaid(Repository.File(Page).Text));

    [Fact]
    public void A_line_keeps_what_was_said_of_it_and_a_new_one_has_nothing_said()
    {
        var source = new SourceFile("src/A.cs", """
            [LoggerMessage(11, LogLevel.Error, "New {Text}.")]
            [LoggerMessage(EventId = 2, Level = LogLevel.Warning,
                Message = "Old " + "\"line\".")]
            """);

        var page = LogLines.Update(
            $"# Page\n\n{LogLines.Heading}| 2 | Error | Former line. | Do this. |\n| 3 | Error | Gone. | x |\n\nEnd\n",
            [source]);

        Assert.Equal(
            $"# Page\n\n{LogLines.Heading}| 2 | Warning | Old \"line\". | Do this. |\n"
            + "| 11 | Error | New {Text}. |  |\n\nEnd\n",
            page);
        Assert.Equal(["11"], LogLines.Unsaid(page));
    }
}
