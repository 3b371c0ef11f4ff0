using LiveChat.Embedded;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Hosting;
using LiveChat.Server.Tokens;
using Microsoft.Extensions.Options;

namespace LiveChat.Server;

/// <summary>What the command line sees of the server.</summary>
public static class LiveChatServer
{
    /// <summary>Where the data is unless something else is said.</summary>
    public const string DefaultDataFolder = "livechat-data";

    /// <summary>
    /// Runs the server until it is told to stop (by the token or by SIGTERM). The exit code: 0 after an orderly stop,
    /// 1 when it failed or the data is damaged, 2 when it could not start with these options or this data folder; a
    /// sentence on standard error says why.
    /// </summary>
    /// <param name="args">Options: <c>--data</c>, <c>--listen</c>, <c>--internal</c>, <c>--partitions</c>, or any
    /// <c>--LiveChat:Name=value</c>.</param>
    /// <param name="cancellationToken">Stops the server.</param>
    public static Task<int> RunAsync(string[] args, CancellationToken cancellationToken) =>
        ServerProcess.RunAsync(args, Console.Out, Console.Error, static _ => { }, cancellationToken);

    /// <summary>
    /// Makes a token for the user, signed with the secret of the data folder, for the issuer and the audience that the
    /// configuration names; the folder and the secret are made when they are not there. A server may use the folder
    /// meanwhile.
    /// </summary>
    /// <exception cref="FormatException">The user id is none.</exception>
    /// <exception cref="InvalidDataException">The secret, the folder or the configuration cannot be used.</exception>
    public static string MintToken(string dataFolder, string user, TimeSpan lifetime)
    {
        var options = ConfiguredTokens();
        if (options.KeysUrl.Length > 0)
            throw new InvalidDataException(
                $"The server takes tokens of {options.KeysUrl} (LiveChat:Tokens:KeysUrl) and none of its own.");
        return new JwtTokens(SecretOf(dataFolder), options, TimeProvider.System).Mint(UserId.Parse(user), lifetime);
    }

    /// <summary>Makes a token of a minute that administers the server of the data folder at its internal address.
    /// </summary>
    /// <exception cref="InvalidDataException">There is no secret, or it cannot be used.</exception>
    public static string MintOperatorToken(string dataFolder) =>
        OperatorTokens.Mint(TokenSecret.Read(Path.Combine(dataFolder, TokenSecret.FileName)));

    private static TokenOptions ConfiguredTokens()
    {
        try
        {
            return ServerProcess.ReadOptions([]).Tokens;
        }
        catch (Exception wrong) when (wrong is OptionsValidationException or InvalidOperationException
            or FormatException)
        {
            throw new InvalidDataException(wrong.Message, wrong);
        }
    }

    private static byte[] SecretOf(string dataFolder)
    {
        var path = Path.Combine(dataFolder, TokenSecret.FileName);
        if (File.Exists(path)) return TokenSecret.Read(path);
        try
        {
            // A folder is made as a whole: one that holds a secret only would not be taken for a data folder.
            using var folder = DataFolder.Open(dataFolder);
            return TokenSecret.ReadOrCreate(folder.Path);
        }
        catch (DataFolderException refused)
        {
            throw new InvalidDataException(refused.Message, refused);
        }
    }
}
