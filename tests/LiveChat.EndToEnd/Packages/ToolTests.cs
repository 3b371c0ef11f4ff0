using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Packages;

/// <summary>The command as a .NET tool.</summary>
public sealed class ToolTests
{
    /// <summary>Nothing is asked of a registry.</summary>
    private const string Sources =
        """
        <configuration>
          <packageSources>
            <clear />
            <add key="here" value="packages" />
          </packageSources>
        </configuration>
        """;

    [Fact]
    public async Task The_tool_is_installed_from_a_folder_and_serves()
    {
        using var scratch = new ScratchDirectory();
        string In(string name) => Path.Combine(scratch.Path, name);
        await File.WriteAllTextAsync(In("nuget.config"), Sources);
        await Shell.RunAsync(
            "dotnet", "pack", Path.Combine(Checkout.Root, "src", "LiveChat.Cli"), "-c", Checkout.Configuration,
            "--no-build", "-o", In("packages"));
        await Shell.RunAsync(
            "dotnet", "tool", "install", "LiveChat", "--tool-path", In("tool"), "--configfile", In("nuget.config"));

        var installed = new InstalledCommand(In("tool/livechat"));
        Assert.Matches(@"^\d+\.\d+\.\d+", await installed.RunAsync("--version"));
        await installed.TalkAsync(In("data"));
        var token = await installed.RunAsync("token", "--user", "ann", "--data", In("data"));
        Assert.Equal(3, token.Split('.').Length);
    }
}
