using LiveChat.Core.Log;
using LiveChat.Embedded;
using LiveChat.Embedded.Disk;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Doctor;
using LiveChat.Server.Hosting;
using LiveChat.Server.Tokens;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Server;

/// <summary>What the command line sees of the server.</summary>
public static class LiveChatServer
{
    /// <summary>The short forms of options that <see cref="RunAsync"/> takes.</summary>
    public static IReadOnlyList<ServerSwitch> Switches => ServerConfiguration.Switches;

    /// <summary>
    /// Runs the server until it is told to stop (by the token or by SIGTERM). The exit code: 0 after an orderly stop,
    /// 1 when it failed or the data is damaged, 2 when it could not start with these options or this data folder; a
    /// sentence on standard error says why.
    /// </summary>
    /// <param name="args">Options: any of <see cref="Switches"/>, or <c>--LiveChat:Name=value</c>.</param>
    /// <param name="cancellationToken">Stops the server.</param>
    public static Task<int> RunAsync(string[] args, CancellationToken cancellationToken) =>
        ServerProcess.RunAsync(args, Console.Out, Console.Error, static _ => { }, cancellationToken);

    /// <summary>The data folder of a server that is started here without <c>--data</c>: as the environment or
    /// <c>livechat.json</c> says.</summary>
    /// <exception cref="InvalidDataException">The configuration cannot be used.</exception>
    public static string ConfiguredDataFolder() => ServerConfiguration.Read([]).Data;

    /// <summary>Every option with its value and where that was set, checked as a start checks it.</summary>
    /// <param name="args">The options that the server is started with, as for <see cref="RunAsync"/>.</param>
    /// <exception cref="InvalidDataException">The configuration cannot be used; the message says why.</exception>
    public static IReadOnlyList<ConfiguredOption> ExplainConfiguration(string[] args) =>
        ServerConfiguration.Explain(args);

    /// <summary>
    /// Makes a token for the user, signed with the secret of the data folder or that of the configuration, for the
    /// issuer and the audience that the configuration names. A server may use the folder meanwhile.
    /// </summary>
    /// <exception cref="FormatException">The user id is none.</exception>
    /// <exception cref="InvalidDataException">The folder, its secret or the configuration cannot be used.</exception>
    public static string MintToken(string dataFolder, string user, TimeSpan lifetime)
    {
        var options = ServerConfiguration.Read([]).Tokens;
        if (options.KeysUrl.Length > 0)
            throw new InvalidDataException(
                $"The server takes tokens of {options.KeysUrl} (LiveChat:Tokens:KeysUrl) and none of its own.");
        return new JwtTokens(TokenSecret.Read(dataFolder, options), options, TimeProvider.System)
            .Mint(UserId.Parse(user), lifetime);
    }

    /// <summary>Looks at the configuration, the machine, the data folder and the server that uses it, and says what is
    /// wrong and what to do. Changes nothing.</summary>
    /// <param name="args">The options that the server is started with, as for <see cref="RunAsync"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static Task<IReadOnlyList<Finding>> ExamineAsync(string[] args, CancellationToken cancellationToken) =>
        Examination.RunAsync(args, TimeProvider.System, cancellationToken);

    /// <summary>Whether there is a data folder that no process uses, as far as this user may see.</summary>
    public static bool IsStopped(string dataFolder) =>
        DataFolder.IsAt(dataFolder) && FindProcess(dataFolder) is null;

    /// <summary>The process that uses the data folder; null when there is none, as far as this user may see.</summary>
    public static int? FindProcess(string dataFolder) => FolderHolder.Find(Path.GetFullPath(dataFolder));

    /// <summary>Looks at the data folder of a stopped server and changes nothing.</summary>
    /// <exception cref="InvalidDataException">Its log cannot be read; the message says why.</exception>
    public static StoppedServer LookAtStopped(string dataFolder)
    {
        try
        {
            return StoppedServer.Look(dataFolder);
        }
        catch (DataDamagedException damaged)
        {
            throw new InvalidDataException(damaged.Message, damaged);
        }
    }

    /// <summary>What <see cref="RebuildHistoryAsync"/> cannot bring back.</summary>
    public static string RebuildLoss => HistoryRebuild.Loss;

    /// <summary>Makes the history of a data folder again from its log; the next start of the server fills it. Returns
    /// how many chats the log has.</summary>
    /// <exception cref="InvalidDataException">The folder cannot be used so; the message says why.</exception>
    public static async Task<int> RebuildHistoryAsync(string dataFolder)
    {
        try
        {
            return await HistoryRebuild.RunAsync(dataFolder, TimeProvider.System, NullLoggerFactory.Instance);
        }
        catch (Exception wrong) when (wrong is DataFolderException or LogFailedException or DataDamagedException)
        {
            throw new InvalidDataException(wrong.Message, wrong);
        }
    }

    /// <summary>Makes a token of a minute that administers the server of the data folder at its internal address.
    /// </summary>
    /// <exception cref="InvalidDataException">The folder or its secret cannot be used.</exception>
    public static string MintOperatorToken(string dataFolder) =>
        OperatorTokens.Mint(TokenSecret.Read(dataFolder, ServerConfiguration.Read([]).Tokens));
}
