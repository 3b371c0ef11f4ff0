using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using LiveChat.Cluster.Log;
using LiveChat.Cluster.Presence;
using LiveChat.Cluster.Store;
using LiveChat.Core.Measuring;
using LiveChat.Core.Nodes;
using LiveChat.Core.Sessions;
using LiveChat.Embedded;
using LiveChat.Embedded.Disk;
using LiveChat.Server.Tokens;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>Everything that outlives a server, open: the data folder, the message log and the stores, locked, checked,
/// and closed in the opposite order.</summary>
internal sealed partial class ServerStore : IAsyncDisposable
{
    private readonly Meter _meter = new("LiveChat.Core");
    private readonly OpenedParts _opened;
    private readonly DataFolder _folder;

    private ServerStore(
        OpenedParts opened,
        DataFolder folder,
        OpenedStores stores,
        RedisSharedPresence? presence,
        ITokenVerifier verifier,
        JwtTokens? tokens,
        JwtTokens operatorTokens,
        MessageTraces traces,
        byte[] sinceKey,
        bool isNew)
    {
        (_opened, _folder) = (opened, folder);
        (OwnTokens, OperatorTokens, IsNew, Failed) = (tokens, operatorTokens, isNew, stores.Failed);
        TakeCheckpoint = stores.TakeCheckpoint;
        stores.Observe(_meter);
        FolderMetrics.Observe(_meter, folder.Path, ("log", folder.LogPath), ("history", folder.HistoryPath));
        if (TakeCheckpoint is not null) BackupMark.Observe(_meter, folder);
        Ports = new NodePorts(
            stores.Log, stores.History, stores.Users, stores.Identities, stores.Ids, verifier, _meter)
        {
            ReaderOf = stores.ReaderOf,
            Lineage = stores.Lineage,
            SinceKey = sinceKey,
            Erasures = stores.Erasures,
            Deletions = stores.Deletions,
            StoreLoops = stores.Loops,
            States = [.. stores.States, .. presence?.States ?? []],
            SharedPresence = presence,
            Peers = stores.Peers,
            Alone = stores.Alone,
            Traces = traces,
        };
    }

    public NodePorts Ports { get; }

    /// <summary>Where tokens can be made; absent when somebody else issues them.</summary>
    public JwtTokens? OwnTokens { get; }

    /// <summary>Checks what the operator shows.</summary>
    public JwtTokens OperatorTokens { get; }

    public string Path => _folder.Path;

    /// <summary>Ends with the reason when a store cannot go on; what the log has to say of itself its readers say.
    /// </summary>
    public Task Failed { get; }

    /// <summary>Takes a checkpoint in the data folder; null where the chats are elsewhere.</summary>
    public Func<CancellationToken, Task>? TakeCheckpoint { get; }

    /// <summary>Whether this run made the folder.</summary>
    public bool IsNew { get; }

    /// <summary>Opens all of it, and waits while no broker of a log on Kafka, or no node of Cassandra answers.
    /// </summary>
    /// <exception cref="DataFolderException">The folder cannot be used.</exception>
    /// <exception cref="KafkaLogException">The topic cannot be used.</exception>
    /// <exception cref="CassandraRefusedException">The keyspace cannot be used.</exception>
    /// <exception cref="InvalidDataException">The secret, or a certificate, cannot be used.</exception>
    public static async Task<ServerStore> OpenAsync(
        ServerOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        await using var opened = new OpenedParts();
        var folder = opened.Add(DataFolder.Open(options.Data));
        var stores = (options.Log.Kind, options.Store.Kind) switch
        {
            (_, StoreKind.Cassandra) => await CassandraStores.OpenAsync(
                opened, folder, options, time, loggers, cancellationToken),
            (LogKind.Kafka, _) => await FolderStores.OpenOnKafkaAsync(
                opened, folder, options, time, loggers, cancellationToken),
            _ => await FolderStores.OpenAsync(opened, folder, options, time, loggers),
        };
        var presence = options.Presence.Kind is PresenceKind.Redis
            ? opened.Add(OpenPresence(options, folder.Path, time, loggers))
            : null;
        var hadSecret = File.Exists(TokenSecret.PathOf(folder.Path, options.Tokens));
        var secret = TokenSecret.ReadOrCreate(folder.Path, options.Tokens);
        if (!hadSecret && !folder.IsNew)
            LogSecretLost(loggers.CreateLogger<ServerStore>(), folder.Path, TokenSecret.FileName);
        var tokens = options.Tokens.KeysUrl.Length == 0 ? new JwtTokens(secret, options.Tokens, time) : null;
        var keys = tokens is null
            ? opened.Add(new JwksKeys(options.Tokens.KeysUrl, time, loggers.CreateLogger<JwksKeys>()))
            : null;
        ITokenVerifier verifier = tokens is null ? new JwksTokens(keys!, options.Tokens, time) : tokens;
        var traces = opened.Add(new MessageTraces(options.Telemetry.ToTraces()));
        return new ServerStore(
            opened.Keep(), folder, stores, presence, verifier, tokens, Tokens.OperatorTokens.Of(secret, time),
            traces, HMACSHA256.HashData(secret, "livechat since"u8), folder.IsNew);
    }

    public async ValueTask DisposeAsync()
    {
        await _opened.DisposeAsync();
        _meter.Dispose();
    }

    /// <summary>Waits for nothing: a server without presence is whole otherwise.</summary>
    private static RedisSharedPresence OpenPresence(
        ServerOptions options, string folder, TimeProvider time, ILoggerFactory loggers)
    {
        try
        {
            return new RedisSharedPresence(
                options.Presence.ToRedis(), NodePlace.NameOf(options, folder), RandomNumberGenerator.GetHexString(8),
                time, loggers);
        }
        catch (CryptographicException e)
        {
            throw new InvalidDataException(
                $"A certificate of LiveChat:Presence cannot be read: {e.Message} Name PEM files.", e);
        }
    }

    [LoggerMessage(8040, LogLevel.Warning,
        "The data folder {Folder} had no file '{File}': a new secret was made. The server refuses every token that was "
        + "signed with the former one. If a backup has the file, stop the server and put it back.")]
    private static partial void LogSecretLost(ILogger logger, string folder, string file);
}
