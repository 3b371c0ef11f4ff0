using Xunit;

namespace LiveChat.EndToEnd.Tour;

/// <summary>The comparison of the tour must be able to fail; a short shell script shows that it does.</summary>
public sealed class TerminalTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Fact]
    public void A_tour_is_read_from_its_section_only()
    {
        const string Markdown =
            "```console\n$ no\n```\n## Tour\n```console\n$ a \\\n  b\nshown\n$ c\n```\n"
            + "text\n```console terminal=2\nmore\n…\n```\n## Next\n```console\n$ no\n```\n";

        var steps = TourStep.Parse(Markdown, "## Tour");

        Assert.Equal([("", "a   b"), ("", "c"), ("2", null)], steps.Select(step => (step.Terminal, step.Command)));
        Assert.Equal(["shown"], steps[0].Shown);
        Assert.Equal(["more", "…"], steps[2].Shown);
    }

    [Theory]
    [InlineData("$ true")]
    [InlineData("$ echo one; echo two\none\ntwo")]
    [InlineData("$ echo id 77 of 12\nid <id> of <n>")]
    [InlineData("$ echo one; echo two; echo three\n…\nthree")]
    [InlineData("$ echo one; cat\none\n…")]
    [InlineData("$ x=5\n$ echo $x\n5")]
    [InlineData("$ (sleep 0.2; echo up; sleep 60) &\nup\n…\n$ kill -9 $!\n…\n$ echo on\n…\non")]
    public async Task What_happens_as_shown_is_accepted(string body) => Assert.Null(await RunAsync(body));

    [Theory]
    [InlineData("$ false")]
    [InlineData("$ echo more than shown")]
    [InlineData("$ echo one\ntwo")]
    [InlineData("$ echo one two\none <n> two")]
    [InlineData("$ echo one\n…\nthree")]
    [InlineData("$ no-such-command")]
    public async Task What_happens_otherwise_is_refused(string body) => Assert.NotNull(await RunAsync(body));

    [Fact]
    public async Task A_running_command_goes_on_in_a_later_block()
    {
        await using var terminal = new Terminal(Path.GetTempPath(), new Dictionary<string, string>(), Patience);

        Assert.Null(await terminal.RunAsync(new TourStep("", "echo one; echo two; sleep 60", ["one", "…"])));
        Assert.Null(await terminal.RunAsync(new TourStep("", null, ["two"])));
    }

    private static async Task<string?> RunAsync(string body)
    {
        await using var terminal = new Terminal(Path.GetTempPath(), new Dictionary<string, string>(), Patience);
        foreach (var step in TourStep.Parse($"## T\n```console\n{body}\n```\n", "## T"))
        {
            if (await terminal.RunAsync(step) is { } problem) return problem;
        }

        return null;
    }
}
