using System.CommandLine;
using LiveChat.Server;

namespace LiveChat.Cli;

/// <summary>
/// <c>--data</c>: the server's data folder, for commands that sign with its secret. Without it the folder is looked for
/// where a server that is started here has it, so that both find the same one.
/// </summary>
internal sealed class DataOption : Option<DirectoryInfo?>
{
    public DataOption()
        : base("--data") =>
        Description = "The server's data folder; else as LIVECHAT__DATA or livechat.json says it to the server.";

    /// <summary>A token for the user.</summary>
    public string TokenFor(ParseResult parsed, string user, TimeSpan lifetime) =>
        Sign(parsed, folder => LiveChatServer.MintToken(folder, user, lifetime));

    /// <summary>A token that administers the server.</summary>
    public string OperatorToken(ParseResult parsed) => Sign(parsed, LiveChatServer.MintOperatorToken);

    /// <summary>Does something with the folder.</summary>
    public async Task<T> UseAsync<T>(ParseResult parsed, Func<string, Task<T>> use)
    {
        try
        {
            return await use(FolderOf(parsed));
        }
        catch (Exception wrong) when (IsUsage(wrong))
        {
            throw new CliException(ExitCode.Usage, wrong.Message);
        }
    }

    /// <summary>The folder.</summary>
    public string FolderOf(ParseResult parsed)
    {
        try
        {
            return parsed.GetValue(this)?.FullName ?? Path.GetFullPath(LiveChatServer.ConfiguredDataFolder());
        }
        catch (Exception wrong) when (IsUsage(wrong))
        {
            throw new CliException(ExitCode.Usage, wrong.Message);
        }
    }

    private string Sign(ParseResult parsed, Func<string, string> sign)
    {
        try
        {
            return sign(FolderOf(parsed));
        }
        catch (Exception wrong) when (IsUsage(wrong))
        {
            throw new CliException(ExitCode.Usage, wrong.Message);
        }
    }

    /// <summary>What is wrong with the folder is wrong with the command line that names it.</summary>
    private static bool IsUsage(Exception wrong) => wrong is FormatException or InvalidDataException or IOException
        or UnauthorizedAccessException;
}
