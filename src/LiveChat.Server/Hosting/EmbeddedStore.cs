using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Sessions;
using LiveChat.Embedded;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Identities;
using LiveChat.Embedded.Ids;
using LiveChat.Embedded.Log;
using LiveChat.Server.Tokens;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>Everything in the data folder, open: locked, checked, and closed in the opposite order.</summary>
internal sealed partial class EmbeddedStore : IAsyncDisposable
{
    private readonly Meter _meter = new("LiveChat.Core");
    private readonly DataFolder _folder;
    private readonly RocksDbMessageLog _log;
    private readonly HistoryDatabase _history;
    private readonly NodeIdFile _ids;
    private readonly JwksKeys? _keys;

    private EmbeddedStore(
        DataFolder folder,
        RocksDbMessageLog log,
        HistoryDatabase history,
        NodeIdFile ids,
        ITokenVerifier verifier,
        JwtTokens? tokens,
        JwtTokens operatorTokens,
        JwksKeys? keys,
        byte[] sinceKey,
        bool isNew)
    {
        (_folder, _log, _history, _ids, _keys) = (folder, log, history, ids, keys);
        (OwnTokens, OperatorTokens, IsNew) = (tokens, operatorTokens, isNew);
        history.Observe(_meter);
        Ports = new NodePorts(
            log,
            new RocksDbHistoryStore(history),
            new RocksDbUserStore(history),
            RocksDbIdentities.Over(history),
            ids.Generator,
            verifier,
            _meter)
        {
            ReaderOf = group => new AllPartitionsReader(log, group),
            Lineage = new RocksDbLineageStore(history),
            SinceKey = sinceKey,
            States = log.States,
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

    /// <exception cref="DataFolderException">The folder cannot be used.</exception>
    /// <exception cref="InvalidDataException">The secret cannot be used.</exception>
    public static async Task<EmbeddedStore> OpenAsync(
        ServerOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        await using var opened = new OpenedParts();
        var folder = opened.Add(DataFolder.Open(options.Data));
        var parts = new FolderParts(folder);
        parts.CheckPresent();
        var hadSecret = File.Exists(System.IO.Path.Combine(folder.Path, TokenSecret.FileName));
        var secret = TokenSecret.ReadOrCreate(folder.Path);
        if (!hadSecret && !folder.IsNew)
            LogSecretLost(loggers.CreateLogger<EmbeddedStore>(), folder.Path, TokenSecret.FileName);
        var logOptions = new RocksDbLogOptions { Partitions = options.Partitions, ReserveBytes = options.ReserveBytes };
        var log = opened.Add(RocksDbMessageLog.Open(
            folder.LogPath, logOptions, time, loggers.CreateLogger<RocksDbMessageLog>()));
        var history = opened.Add(HistoryDatabase.Open(
            folder.HistoryPath, loggers.CreateLogger<HistoryDatabase>()));
        await parts.CheckAsync(log, history);
        var ids = opened.Add(NodeIdFile.Open(folder, time));
        var tokens = options.Tokens.KeysUrl.Length == 0 ? new JwtTokens(secret, options.Tokens, time) : null;
        var keys = tokens is null
            ? new JwksKeys(options.Tokens.KeysUrl, time, loggers.CreateLogger<JwksKeys>())
            : null;
        opened.Keep();
        ITokenVerifier verifier = tokens is null ? new JwksTokens(keys!, options.Tokens, time) : tokens;
        return new EmbeddedStore(
            folder, log, history, ids, verifier, tokens, Tokens.OperatorTokens.Of(secret, time), keys,
            HMACSHA256.HashData(secret, "livechat since"u8), folder.IsNew);
    }

    public async ValueTask DisposeAsync()
    {
        if (_keys is not null) await _keys.DisposeAsync();
        _ids.Dispose();
        _history.Dispose();
        await _log.DisposeAsync();
        _folder.Dispose();
        _meter.Dispose();
    }

    [LoggerMessage(8040, LogLevel.Warning,
        "The data folder {Folder} had no file '{File}': a new secret was made. The server refuses every token that was "
        + "signed with the former one. If a backup has the file, stop the server and put it back.")]
    private static partial void LogSecretLost(ILogger logger, string folder, string file);
}
