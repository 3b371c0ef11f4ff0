using System.Text.Json;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Packages;

/// <summary>What <c>deploy/package.sh</c> makes.</summary>
public sealed class ArchiveTests
{
    private static readonly string Script = Path.Combine(Checkout.Root, "deploy", "package.sh");

    [Fact]
    public async Task An_archive_is_the_same_wherever_it_is_made_and_runs_without_an_installed_runtime()
    {
        Requirement.Long();
        await Requirement.ProgramAsync("jq", "jq", "--version");
        using var scratch = new ScratchDirectory();
        var (one, other) = (Path.Combine(scratch.Path, "one"), Path.Combine(scratch.Path, "other"));
        await Shell.RunAsync("bash", Script, one);
        await Shell.RunAsync("bash", Script, other);
        var archive = Assert.Single(Directory.GetFiles(one, "*.tar.gz"));
        Assert.Equal(
            await File.ReadAllBytesAsync(archive),
            await File.ReadAllBytesAsync(Path.Combine(other, Path.GetFileName(archive))));

        await Shell.RunAsync("tar", "-xzf", archive, "-C", scratch.Path);
        var folder = Assert.Single(Directory.GetDirectories(scratch.Path, "livechat-*"));

        // A runtime that is not there is not found.
        var installed = new InstalledCommand("env", "-i", Path.Combine(folder, "livechat"));
        await installed.TalkAsync(Path.Combine(scratch.Path, "data"));

        // It says which commit it is of, and the sums are those of the files.
        var commit = (await Shell.RunAsync("git", "-C", Checkout.Root, "rev-parse", "HEAD")).Trim();
        Assert.EndsWith($"+{commit}", await installed.RunAsync("--version"), StringComparison.Ordinal);
        await Shell.RunAsync("bash", "-c", $"cd '{one}' && sha256sum --check --strict SHA256SUMS");
    }

    [Fact]
    public async Task The_bill_of_materials_names_each_package_of_the_lock_file_with_its_version()
    {
        await Requirement.ProgramAsync("jq", "jq", "--version");
        var locked = Path.Combine(Checkout.Root, "src", "LiveChat.Cli", "packages.lock.json");
        var said = await Shell.RunAsync(
            "bash", Path.Combine(Checkout.Root, "deploy", "sbom.sh"), locked, "1.2.3", "1700000000");
        var bill = JsonDocument.Parse(said).RootElement;
        Assert.Equal("CycloneDX", bill.GetProperty("bomFormat").GetString());
        Assert.Equal("1.2.3", bill.GetProperty("metadata").GetProperty("component").GetProperty("version").GetString());

        using var packages = JsonDocument.Parse(await File.ReadAllTextAsync(locked));
        var expected = packages.RootElement.GetProperty("dependencies").EnumerateObject()
            .SelectMany(static framework => framework.Value.EnumerateObject())
            .Where(static package => package.Value.GetProperty("type").GetString() != "Project")
            .Select(static package =>
                $"pkg:nuget/{package.Name}@{package.Value.GetProperty("resolved").GetString()}")
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToList();
        Assert.NotEmpty(expected);
        Assert.Equal(
            expected,
            bill.GetProperty("components").EnumerateArray()
                .Select(static one => one.GetProperty("purl").GetString()!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_folder_that_is_not_empty_is_left_alone()
    {
        using var scratch = new ScratchDirectory();
        await File.WriteAllTextAsync(Path.Combine(scratch.Path, "kept"), "");
        var (exitCode, said) = await Shell.TryRunAsync("bash", Script, scratch.Path);
        Assert.Equal(2, exitCode);
        Assert.EndsWith("is not empty", said, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(scratch.Path));
    }
}
