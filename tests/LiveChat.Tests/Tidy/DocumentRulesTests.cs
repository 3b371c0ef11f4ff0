using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace LiveChat.Tests.Tidy;

public sealed class DocumentRulesTests
{
    private const string Architecture = "docs/ARCHITECTURE.md";

    [Fact]
    public void No_link_is_dead() =>
        Findings.None(Repository.Files.SelectMany(file => DocumentRules.DeadLinks(file, Repository.Exists)));

    [Fact]
    public void A_dead_link_is_refused()
    {
        var file = new SourceFile("docs/a.md",
            "```\n[x](no.md)\n```\n[good](../README.md#top) [web](https://e.org) [bad](b.md)");

        Assert.Equal(["docs/a.md:4: b.md does not exist"], DocumentRules.DeadLinks(file, path => path == "README.md"));
    }

    [Fact]
    public void Decisions_are_numbered_short_complete_and_listed() =>
        Findings.None(DocumentRules.BadDecisions(Repository.Files));

    [Fact]
    public void A_decision_that_is_misnamed_long_or_not_listed_is_refused()
    {
        const string Parts = "\nStatus: x\n## Context\n## Decision\n## Consequences\n## Reconsider when\n";
        SourceFile[] files =
        [
            new("docs/adr/README.md", "(0001-one.md) (two.md) (0003-three.md) (0004-four.md)"),
            new("docs/adr/0001-one.md", "# 0001: One" + Parts),
            new("docs/adr/0001-again.md", "# 0001: Again" + Parts),
            new("docs/adr/two.md", "# Two" + Parts),
            new("docs/adr/0003-three.md", "# 0004: Three" + Parts),
            new("docs/adr/0004-four.md", "# 0004: Four" + Parts.Replace("## Decision\n", "", StringComparison.Ordinal)
                + new string('\n', 60)),
        ];

        Assert.Equal(
            [
                "docs/adr/0001-again.md: its number is taken",
                "docs/adr/0001-again.md: not in the index",
                "docs/adr/two.md: NNNN-title.md",
                "docs/adr/0003-three.md: its heading has another number",
                "docs/adr/0004-four.md: more than a page",
                "docs/adr/0004-four.md: no \"## Decision\"",
            ],
            DocumentRules.BadDecisions(files));
    }

    [Fact]
    public void Documents_name_tests_that_exist() =>
        Findings.None(Repository.Files.SelectMany(file => DocumentRules.MissingTests(file, IsTest)));

    [Fact]
    public void A_test_that_is_gone_is_refused()
    {
        var file = new SourceFile("docs/a.md", "`DocumentRulesTests` `GoneTests`\n`DocumentRulesTests.No_link_is_dead` "
            + "`DocumentRulesTests.Gone`");

        Assert.Equal(
            ["docs/a.md:1: `GoneTests` is no test", "docs/a.md:2: `DocumentRulesTests.Gone` is no test"],
            DocumentRules.MissingTests(file, IsTest));
    }

    [Fact]
    public void The_architecture_names_methods_that_exist() =>
        Findings.None(DocumentRules.BadArchitecture(Repository.File(Architecture), IsMethod));

    [Fact]
    public void A_method_that_is_gone_is_refused()
    {
        var file = new SourceFile(Architecture,
            "```path\nPosition.Create\nPosition.Gone\n```\n" + new string('\n', 400));

        Assert.Equal(["more than 400 lines", "Position.Gone is gone"], DocumentRules.BadArchitecture(file, IsMethod));
    }

    [Fact]
    public void Comments_name_documents_that_exist() =>
        Findings.None(Repository.Files.SelectMany(
            static file => DocumentRules.MissingDocuments(file, Repository.Exists)));

    [Fact]
    public void A_document_that_is_gone_is_refused()
    {
        var file = new SourceFile("src/A.cs", "// as docs/ARCHITECTURE.md and docs/ops/gone.md say");

        Assert.Equal(
            ["src/A.cs:1: docs/ops/gone.md does not exist"],
            DocumentRules.MissingDocuments(file, Repository.Exists));
    }

    private static bool IsMethod(string type, string method) =>
        Assemblies.Ours.SelectMany(assembly => assembly.GetTypes())
            .Where(found => found.Name == type || found.Name.StartsWith(type + '`', StringComparison.Ordinal))
            .SelectMany(found => found.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public
                | BindingFlags.NonPublic))
            .Any(found => found.Name == method);

    private static bool IsTest(string name, string method) =>
        Repository.Files.Any(file => file.Path.StartsWith("tests/", StringComparison.Ordinal)
            && Regex.IsMatch(file.Text, $@"\bclass {name}\b")
            && (method.Length == 0 || Regex.IsMatch(file.Text, $@"\b{method}\(")));
}
