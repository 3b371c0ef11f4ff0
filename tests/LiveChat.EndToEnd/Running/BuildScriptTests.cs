using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Running;

/// <summary>However a suite ends, <c>build.sh</c> names what failed, and its last line has the counts.</summary>
public sealed class BuildScriptTests
{
    private const string Name = "LiveChat.EndToEnd.Running.EndingTests.This_test_";

    /// <summary>As <c>ci</c> does it, for one suite.</summary>
    private const string Script =
        """
        exec 2>&1
        cd "$1" && source ./build.sh
        reports=$2 configuration=$3 silence=$4
        suite LiveChat.EndToEnd 280 -explicit only "${@:5}"
        conclude
        """;

    [Theory]
    [InlineData("1 passed, 0 failed", 0, "passes", null)]
    [InlineData("1 passed, 1 failed", 1, "passes,fails", $"failed: {Name}fails\nas it is meant to")]
    [InlineData("0 passed, 1 failed", 1, "does_not_end", $"failed: {Name}does_not_end (it did not end)")]
    [InlineData("0 passed, 1 failed", 1, "takes_its_process_with_it",
        $"failed: {Name}takes_its_process_with_it (it did not end)")]
    [InlineData("0 passed, 1 failed", 1, "is_not_there", "failed: LiveChat.EndToEnd ran no test")]
    public async Task However_a_suite_ends_its_tests_are_counted_and_named(
        string last, int exitCode, string tests, string? named)
    {
        using var reports = new ScratchDirectory();
        var binaries = new DirectoryInfo(AppContext.BaseDirectory);
        var top = binaries;
        while (!File.Exists(Path.Combine(top.FullName, "LiveChat.slnx"))) top = top.Parent!;

        // Only the test that hangs may be taken for one that does: a loaded machine takes its time for the others.
        var silence = tests == "does_not_end" ? "1" : "280";
        var methods = tests.Split(',').SelectMany(test => (string[])["-method", Name + test]);
        var (ended, said) = await Shell.TryRunAsync(
            "bash", ["-c", Script, "bash", top.FullName, reports.Path, binaries.Parent!.Name, silence, .. methods]);
        Assert.True(ended == exitCode, said);
        Assert.Equal(last, said.Split('\n')[^1]);
        if (named is not null) Assert.Contains($"\n{named}\n", said, StringComparison.Ordinal);
    }
}
