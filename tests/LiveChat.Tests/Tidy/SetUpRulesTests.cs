using System.Text.RegularExpressions;
using Xunit;

namespace LiveChat.Tests.Tidy;

/// <summary>A fixture that is set up in more than one step ends what it started when one of them fails.</summary>
public sealed partial class SetUpRulesTests
{
    private const string Steps =
        "    public async ValueTask InitializeAsync()\n    {\n        _a = await A();\n        await B();\n    }\n";

    private const string OneStep = "    public async ValueTask InitializeAsync() => _log = await OpenAsync();\n";

    [Fact]
    public void Every_fixture_of_several_steps_is_set_up_within_the_helper() =>
        Findings.None(Repository.Files.SelectMany(Breaks));

    [Theory]
    [InlineData(Steps, 1)]
    [InlineData(OneStep, 0)]
    [InlineData("    public override ValueTask InitializeAsync()\n    {\n        Open();\n    }\n", 0)]
    public void Several_steps_are_refused_and_one_is_not(string method, int found) =>
        Assert.Equal(found, Breaks(new SourceFile("tests/LiveChat.Tests/SomeTests.cs", method)).Count());

    private static IEnumerable<string> Breaks(SourceFile file) =>
        from found in file.IsCSharp && !file.IsTidy ? SetUpInSteps().Matches(file.Text).AsEnumerable() : []
        select $"{file.At(found.Index)}: SetUp.OrEndAsync(this, …)";

    [GeneratedRegex(@"async ValueTask InitializeAsync\(\)\n    +\{")]
    private static partial Regex SetUpInSteps();
}
