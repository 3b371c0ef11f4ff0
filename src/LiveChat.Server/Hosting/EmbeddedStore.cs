using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using LiveChat.Cluster.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Sessions;
using LiveChat.Embedded;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Identities;
using LiveChat.Embedded.Ids;
using LiveChat.Server.Tokens;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>Everything in the data folder and the message log, open: locked, checked, and closed in the opposite
/// order.</summary>
internal sealed partial class EmbeddedStore : IAsyncDisposable
{
    private readonly Meter _meter = new("LiveChat.Core");
    private readonly OpenedParts _opened;
    private readonly DataFolder _folder;
    private readonly HistoryDatabase _history;

    private EmbeddedStore(
        OpenedParts opened,
        DataFolder folder,
        OpenedStores stores,
        NodeIdFile ids,
        ITokenVerifier verifier,
        JwtTokens? tokens,
        JwtTokens operatorTokens,
        byte[] sinceKey,
        bool isNew)
    {
        var history = stores.History;
        (_opened, _folder, _history) = (opened, folder, history);
        (OwnTokens, OperatorTokens, IsNew) = (tokens, operatorTokens, isNew);
        history.Observe(_meter);
        Ports = new NodePorts(
            stores.Log,
            new RocksDbHistoryStore(history),
            new RocksDbUserStore(history),
            RocksDbIdentities.Over(history),
            ids.Generator,
            verifier,
            _meter)
        {
            ReaderOf = stores.ReaderOf,
            Lineage = new RocksDbLineageStore(history),
            SinceKey = sinceKey,
            States = stores.States,
        };
    }

    public NodePorts Ports { get; }

    /// <summary>Where tokens can be made; absent when somebody else issues them.</summary>
    public JwtTokens? OwnTokens { get; }

    /// <summary>Checks what the operator shows.</summary>
    public JwtTokens OperatorTokens { get; }

    public string Path => _folder.Path;

    /// <summary>Ends with the reason when history cannot be written any more; what the log has to say of itself its
    /// readers say.</summary>
    public Task Failed => _history.Failed;

    /// <summary>Whether this run made the folder.</summary>
    public bool IsNew { get; }

    /// <summary>Opens all of it, and waits while no broker of a log on Kafka answers.</summary>
    /// <exception cref="DataFolderException">The folder cannot be used.</exception>
    /// <exception cref="KafkaLogException">The topic cannot be used.</exception>
    /// <exception cref="InvalidDataException">The secret cannot be used.</exception>
    public static async Task<EmbeddedStore> OpenAsync(
        ServerOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        await using var opened = new OpenedParts();
        var folder = opened.Add(DataFolder.Open(options.Data));
        var stores = options.Log.Kind switch
        {
            LogKind.Kafka => await OpenedStores.OpenOnKafkaAsync(
                opened, folder, options, time, loggers, cancellationToken),
            _ => await OpenedStores.OpenInFolderAsync(opened, folder, options, time, loggers),
        };
        var hadSecret = File.Exists(TokenSecret.PathOf(folder.Path, options.Tokens));
        var secret = TokenSecret.ReadOrCreate(folder.Path, options.Tokens);
        if (!hadSecret && !folder.IsNew)
            LogSecretLost(loggers.CreateLogger<EmbeddedStore>(), folder.Path, TokenSecret.FileName);
        var ids = opened.Add(NodeIdFile.Open(folder, time));
        var tokens = options.Tokens.KeysUrl.Length == 0 ? new JwtTokens(secret, options.Tokens, time) : null;
        var keys = tokens is null
            ? opened.Add(new JwksKeys(options.Tokens.KeysUrl, time, loggers.CreateLogger<JwksKeys>()))
            : null;
        ITokenVerifier verifier = tokens is null ? new JwksTokens(keys!, options.Tokens, time) : tokens;
        return new EmbeddedStore(
            opened.Keep(), folder, stores, ids, verifier, tokens, Tokens.OperatorTokens.Of(secret, time),
            HMACSHA256.HashData(secret, "livechat since"u8), folder.IsNew);
    }

    public async ValueTask DisposeAsync()
    {
        await _opened.DisposeAsync();
        _meter.Dispose();
    }

    [LoggerMessage(8040, LogLevel.Warning,
        "The data folder {Folder} had no file '{File}': a new secret was made. The server refuses every token that was "
        + "signed with the former one. If a backup has the file, stop the server and put it back.")]
    private static partial void LogSecretLost(ILogger logger, string folder, string file);
}
