using Xunit;

namespace LiveChat.Tests.Tidy;

public sealed class FolderRulesTests
{
    private const string Table =
        "```folders LiveChat.Core\nLog\nChats    the pure machine\nChats/Rules\nNodes\n.\n```\n";

    [Fact]
    public void A_folder_uses_only_those_above_it_in_the_table() =>
        Findings.None(FolderRules.Breaks(Repository.Files));

    [Fact]
    public void Core_and_Server_have_a_table() =>
        Assert.Superset(
            new HashSet<string> { "LiveChat.Core", "LiveChat.Server" },
            FolderRules.Projects(Repository.Files).ToHashSet());

    [Theory]
    [InlineData("Log/A.cs", "using LiveChat.Core.Chats;\n\nclass A(Roster roster);", ":3: Log uses Roster of Chats")]
    [InlineData("Log/A.cs", "// For nothing.\nusing LiveChat.Core.Chats;", ":2: Log uses something of Chats")]
    [InlineData("Log/A.cs", "class A(Chats.Roster roster);", ":1: Log uses Roster of Chats")]
    [InlineData("Log/A.cs", "class A(Core.Chats.Roster roster);", ":1: Log uses Roster of Chats")]
    [InlineData("Log/A.cs", "class A(LiveChat.Core.Chats.Rules.Most own);", ":1: Log uses Most of Chats/Rules")]
    [InlineData("Log/A.cs", "using Own = LiveChat.Core.Chats.Roster;", ":1: Log uses Roster of Chats")]
    [InlineData("Log/A.cs", "using static LiveChat.Core.Chats.Roster;", ":1: Log uses Roster of Chats")]
    [InlineData("Log/A.cs", "/// <see cref=\"LiveChat.Core.Chats.Roster\"/>", ":1: Log uses Roster of Chats")]
    [InlineData("Chats/A.cs", "using LiveChat.Core.Chats.Rules;\nclass A(Most own);", ":2: Chats uses Most of Chats/")]
    [InlineData("Nodes/A.cs", "class A(Program program);", ":1: Nodes uses Program of .")]
    [InlineData("New/A.cs", "class A;", ": say in docs/ARCHITECTURE.md where the folder New stands")]
    public void A_use_of_what_stands_above_is_named_with_its_file(string path, string text, string found)
    {
        var breaks = FolderRules.Breaks(Sample(new SourceFile($"src/LiveChat.Core/{path}", text)));

        Assert.StartsWith($"src/LiveChat.Core/{path}{found}", Assert.Single(breaks), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_circle_the_way_up_is_refused_and_the_way_down_is_not()
    {
        var files = Sample(
            new("src/LiveChat.Core/Chats/Head.cs", "using LiveChat.Core.Log;\nclass Head(Entry entry);"),
            new("src/LiveChat.Core/Log/Reader.cs", "using LiveChat.Core.Chats;\nclass Reader(Head head);"));

        Assert.Equal(
            ["src/LiveChat.Core/Log/Reader.cs:2: Log uses Head of Chats, which stands above it"],
            FolderRules.Breaks(files));
    }

    [Theory]
    [InlineData("Nodes/A.cs", "using LiveChat.Core.Chats;\nusing LiveChat.Core.Log;\nclass A(Roster b, Entry c);")]
    [InlineData("Chats/Rules/A.cs", "class A(Roster roster, Log.Entry entry);")]
    [InlineData("Log/A.cs", "class A { public object Roster => source.Roster; }")]
    [InlineData("A.cs", "using LiveChat.Core.Nodes;\nusing System.Text;\nclass A(Nodes.Loop loop);")]
    public void What_stands_below_may_be_used(string path, string text) =>
        Assert.Empty(FolderRules.Breaks(Sample(new SourceFile($"src/LiveChat.Core/{path}", text))));

    private static SourceFile[] Sample(params SourceFile[] planted) =>
    [
        new(FolderRules.Table, Table),
        new("src/LiveChat.Core/Log/records.proto", "message Entry {\n}\n"),
        new("src/LiveChat.Core/Chats/Roster.cs", "namespace LiveChat.Core.Chats;\n\ninternal sealed class Roster;\n"),
        new("src/LiveChat.Core/Chats/Rules/Most.cs", "internal readonly record struct Most;\n"),
        new("src/LiveChat.Core/Nodes/Loop.cs", "internal interface Loop;\n"),
        new("src/LiveChat.Core/Start.cs", "public static class Program;\n"),
        .. planted,
    ];
}
