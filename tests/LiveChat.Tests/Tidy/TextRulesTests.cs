using Xunit;

namespace LiveChat.Tests.Tidy;

/// <summary>Applies each rule about a text file to its bad sample, and then to the repository.</summary>
public sealed class TextRulesTests
{
    public static TheoryData<string> Rules => [.. TextRules.All.Select(rule => rule.Says)];

    [Theory]
    [MemberData(nameof(Rules))]
    public void Every_rule_refuses_its_bad_sample(string says) => Assert.NotEmpty(Rule(says).Breaks(Rule(says).Bad));

    [Theory]
    [MemberData(nameof(Rules))]
    public void No_file_breaks_a_rule(string says) => Findings.None(Repository.Files.SelectMany(Rule(says).Breaks));

    [Fact]
    public void The_repository_was_read_at_all()
    {
        Assert.Contains(Repository.Files, file => file.Path == "LiveChat.slnx");
        Assert.Contains(Repository.Files, file => file.Path == "tests/LiveChat.Tests/Tidy/TextRulesTests.cs");
        Assert.DoesNotContain(Repository.Files, file => file.Path.Contains("/obj/", StringComparison.Ordinal));
    }

    [Fact]
    public void A_test_method_is_found_behind_its_data()
    {
        const string Text =
            "[Theory]\n    [InlineData(1)]\n    [InlineData(\n        2)]\n    public async Task Bad(int x)\n";

        var rule = TextRules.All.Single(rule => rule.Says.StartsWith("A test is named", StringComparison.Ordinal));

        Assert.Contains("tests/FooTests.cs:5: Bad", rule.Breaks(new SourceFile("tests/FooTests.cs", Text)));
    }

    private static TextRule Rule(string says) => TextRules.All.Single(rule => rule.Says == says);
}
