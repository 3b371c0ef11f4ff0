using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using LiveChat.Core.Presence;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace LiveChat.Cluster.Presence;

/// <summary>
/// This server's connection to Redis. It is made beside the start, which waits for nothing, and made again for as long
/// as the server runs: a server without Redis has no presence and is whole otherwise. What is asked while there is none
/// fails at once. Any thread.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    private const int AnswerWithinMs = 1_500;
    private const int ConnectWithinMs = 2_000;
    private const int KeepAliveSeconds = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(2);

    private readonly ConfigurationOptions _configuration;
    private readonly PasswordFile? _password;
    private readonly RedisHealth _health;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _opening;
    private readonly Lock _lock = new();
    private Task _renewing = Task.CompletedTask;
    private ConnectionMultiplexer? _open;
    private volatile bool _hasBroken;

    /// <param name="options">Where it is.</param>
    /// <param name="health">Hears what it refuses.</param>
    /// <param name="time">For the pauses.</param>
    /// <param name="loggers">For the password's file.</param>
    /// <exception cref="IOException">A file of the options cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">Nor may it be.</exception>
    public RedisConnection(RedisOptions options, RedisHealth health, TimeProvider time, ILoggerFactory loggers)
    {
        (_health, _time) = (health, time);
        _password = options.PasswordFile is { } file
            ? new PasswordFile(file, static _ => { }, time, loggers.CreateLogger<PasswordFile>())
            : null;
        _configuration = ConfigurationOf(options, () => _password?.Password);
        _opening = OpenAsync(_stop.Token);
    }

    /// <summary>Called when a connection breaks, and when it is there again: what is told meanwhile is lost.</summary>
    public Action Interrupted { get; set; } = static () => { };

    /// <summary>Ends when there is a first connection.</summary>
    public Task Opening => _opening;

    /// <exception cref="PresenceDegradedException">There is none.</exception>
    public ConnectionMultiplexer Open => Volatile.Read(ref _open)
        ?? throw new PresenceDegradedException("There is no connection to Redis yet.");

    /// <summary>How this server connects.</summary>
    /// <exception cref="IOException">A file of the options cannot be read.</exception>
    public static ConfigurationOptions ConfigurationOf(RedisOptions options, Func<string?> password)
    {
        var configuration = new ConfigurationOptions
        {
            // No keys and channels of the library's own: a user of Redis needs no right to them.
            ConfigurationChannel = "",
            TieBreaker = "",
            AllowAdmin = true, // Only to ask for INFO.
            AbortOnConnectFail = false,
            ConnectRetry = 1,
            ConnectTimeout = ConnectWithinMs,
            AsyncTimeout = AnswerWithinMs,
            SyncTimeout = AnswerWithinMs,
            KeepAlive = KeepAliveSeconds,
            BacklogPolicy = BacklogPolicy.FailFast, // What cannot be sent now is worth nothing later.
            ReconnectRetryPolicy = new LinearRetry((int)Pause.TotalMilliseconds),
            ClientName = "livechat",
            IncludeDetailInExceptions = false,
            DefaultDatabase = options.Database,
            ServiceName = options.SentinelMaster,
            Ssl = options.Tls,
            User = options.User,
            Defaults = new CurrentPassword(password),
        };
        foreach (var endpoint in options.Endpoints.Split(',')) configuration.EndPoints.Add(endpoint.Trim());
        if (options.Tls)
        {
            var (authorities, own) = CertificatesOf(options);
            configuration.SslClientAuthenticationOptions = host => TlsOf(host, authorities, own);
        }

        return configuration;
    }

    /// <summary>Whether it answers, and has keys. A replica among masters has nothing of its own to say.</summary>
    public static bool IsMaster(IServer server) =>
        server is { IsConnected: true, ServerType: not ServerType.Sentinel, IsReplica: false };

    /// <summary>Asks the sentinels for the master again and connects anew, unless that is under way or there are none.
    /// The connection of before serves meanwhile.</summary>
    public void Renew()
    {
        if (_configuration.ServiceName is null) return;
        lock (_lock)
        {
            if (_open is { } former && _renewing.IsCompleted && !_stop.IsCancellationRequested)
                _renewing = RenewAsync(former);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _opening;
        Task renewing;
        lock (_lock) renewing = _renewing;
        await renewing;
        if (_open is { } open)
        {
            try
            {
                await open.CloseAsync(allowCommandsToComplete: false).WaitAsync(CloseWithin, _time);
            }
            catch (TimeoutException)
            {
                // It ends with the process.
            }

            open.Dispose();
        }

        if (_password is not null) await _password.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>The first connection. Later ones the library makes itself; it gives up only where it finds no server
    /// behind a name, or behind the sentinels, at first.</summary>
    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                Volatile.Write(ref _open, await ConnectAsync());
                return;
            }
            catch (Exception e) when (IsAway(e))
            {
                _health.Note(e);
            }

            try
            {
                await Task.Delay(Pause, _time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task RenewAsync(ConnectionMultiplexer former)
    {
        await Task.Yield();
        try
        {
            Volatile.Write(ref _open, await ConnectAsync());
            Break(failure: null);
            _health.FoundAnew();
            await former.DisposeAsync();
        }
        catch (Exception e) when (IsAway(e))
        {
            _health.Note(e);
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        var open = await ConnectionMultiplexer.ConnectAsync(_configuration);
        open.ConnectionFailed += (_, failed) => Break(failed.Exception);
        open.ConnectionRestored += (_, _) => Mend();
        return open;
    }

    private static bool IsAway(Exception failure) =>
        failure is RedisException or System.Net.Sockets.SocketException or AggregateException;

    private void Break(Exception? failure)
    {
        _hasBroken = true;
        if (failure is not null) _health.Note(failure);
        Interrupted();
    }

    /// <summary>The first connections break nothing.</summary>
    private void Mend()
    {
        if (_hasBroken) Interrupted();
    }

    private static (X509Certificate2Collection? Authorities, X509Certificate2? Own) CertificatesOf(RedisOptions options)
    {
        X509Certificate2Collection? authorities = null;
        if (options.CertificateAuthority is { } file)
        {
            authorities = [];
            authorities.ImportFromPemFile(file);
        }

        return (
            authorities,
            options.ClientCertificate is { } own ? X509Certificate2.CreateFromPemFile(own) : null);
    }

    private static SslClientAuthenticationOptions TlsOf(
        string host, X509Certificate2Collection? authorities, X509Certificate2? own)
    {
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ClientCertificates = own is null ? null : [own],
        };
        if (authorities is null) return tls;
        tls.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        tls.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        return tls;
    }

    /// <summary>The password of the moment, for each connection that is made.</summary>
    private sealed class CurrentPassword(Func<string?> password) : DefaultOptionsProvider
    {
        public override string? Password => password();
    }
}
