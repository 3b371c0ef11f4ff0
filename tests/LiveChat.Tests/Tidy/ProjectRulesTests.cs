using Xunit;

namespace LiveChat.Tests.Tidy;

public sealed class ProjectRulesTests
{
    [Fact]
    public void Projects_see_only_what_they_may() => Findings.None(ProjectRules.Breaks(Repository.Files));

    [Fact]
    public void Every_package_is_used_and_has_its_reason() =>
        Findings.None(ProjectRules.PackageBreaks(Repository.Files));

    [Theory]
    [InlineData("LiveChat.Cli", "<ProjectReference Include='../LiveChat.Core/LiveChat.Core.csproj' />")]
    [InlineData("LiveChat.Client", "<ProjectReference Include='../LiveChat.Core/LiveChat.Core.csproj' />")]
    [InlineData("LiveChat.Cql", "<ProjectReference Include='../LiveChat.Protocol/LiveChat.Protocol.csproj' />")]
    [InlineData("LiveChat.Core", "<PackageReference Include='RocksDB' />")]
    [InlineData("LiveChat.Core", "<FrameworkReference Include='Microsoft.AspNetCore.App' />")]
    [InlineData("LiveChat.Server", "<PackageReference Include='Grpc.Tools' Version='1.0' />")]
    [InlineData("LiveChat.New", "")]
    public void A_forbidden_reference_is_refused(string name, string item) =>
        Assert.Single(ProjectRules.Breaks(
            Sample(name, $"<Project><ItemGroup>{item}</ItemGroup></Project>", locked: true)));

    [Fact]
    public void A_project_without_its_lock_file_is_refused() =>
        Assert.Single(ProjectRules.Breaks(Sample("LiveChat.Cql", "<Project />", locked: false)));

    [Fact]
    public void A_package_without_use_or_reason_is_refused()
    {
        SourceFile[] files =
        [
            new("Directory.Packages.props", "<Project><PackageVersion Include='Left.Pad' Version='1.0' /></Project>"),
            new("docs/adr/0015-packages.md", "| Left.Pad.Core | Server | padding |"),
        ];

        Assert.Equal(2, ProjectRules.PackageBreaks(files).Count());
    }

    private static SourceFile[] Sample(string name, string project, bool locked) =>
    [
        new($"src/{name}/{name}.csproj", project),
        new($"src/{name}/{(locked ? "packages.lock.json" : "other.json")}", "{}"),
        new("LiveChat.slnx", $"src/{name}/{name}.csproj"),
    ];
}
