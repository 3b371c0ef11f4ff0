using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using LiveChat.Core.History;
using LiveChat.Cql;
using LiveChat.Cql.Errors;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Store;

/// <summary>Opens the <see cref="CassandraSession"/> of a server: checks the cluster and the keyspace, makes what is
/// missing, and waits while too few nodes answer.</summary>
internal static partial class CassandraConnection
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>A node that stands still is noticed after ten seconds. Until then a read that was sent to it is asked
    /// of another one too, rather than after its time-out.</summary>
    private static readonly TimeSpan SpeculativeDelay = TimeSpan.FromSeconds(1);

    /// <exception cref="CassandraRefusedException">The server must not start with this Cassandra.</exception>
    public static async Task<CassandraSession> OpenAsync(
        CassandraOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var health = new CassandraHealth(options, time, loggers.CreateLogger<CassandraHealth>());
        while (true)
        {
            try
            {
                return await TryOpenAsync(options, time, loggers, health, cancellationToken);
            }
            catch (CqlException e) when (CassandraErrors.Advice(e, options) is { } advice)
            {
                throw new CassandraRefusedException(advice, e);
            }
            catch (CqlException e)
            {
                health.Note(e);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    /// <summary>Tries once whether a node answers, and changes nothing.</summary>
    /// <exception cref="CassandraRefusedException">The options cannot be used.</exception>
    /// <exception cref="HistoryUnavailableException">No node answers within the time.</exception>
    public static async Task ReachAsync(
        CassandraOptions options, TimeSpan within, TimeProvider time, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        try
        {
            await using var session = await ConnectAsync(options, loggers, cancellationToken)
                .WaitAsync(within, time, cancellationToken);
        }
        catch (CqlException e) when (CassandraErrors.Advice(e, options) is { } advice)
        {
            throw new CassandraRefusedException(advice, e);
        }
        catch (Exception e) when (e is CqlException or TimeoutException)
        {
            throw new HistoryUnavailableException(e.Message, e);
        }
    }

    /// <summary>One try, in which nothing is made or changed.</summary>
    /// <exception cref="CassandraRefusedException">The options cannot be used.</exception>
    /// <exception cref="CqlException">Cassandra is away, or refuses.</exception>
    public static async Task<CqlSession> ConnectAsync(
        CassandraOptions options, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        try
        {
            return await CqlSession.ConnectAsync(OptionsOf(options, loggers), cancellationToken);
        }
        catch (CqlNoHostException e) when (options.LocalDataCenter is not null && e.Attempts.Count == 0)
        {
            throw new CassandraRefusedException( // A contact point answered, and there was nothing to try.
                $"{e.Message} Correct LiveChat:Store:LocalDataCenter; nodetool status names the data centres.", e);
        }
    }

    private static async Task<CassandraSession> TryOpenAsync(
        CassandraOptions options, TimeProvider time, ILoggerFactory loggers, CassandraHealth health,
        CancellationToken cancellationToken)
    {
        await using (var session = await ConnectAsync(options, loggers, cancellationToken))
        {
            var schema = new CassandraSchema(session, options, time, loggers.CreateLogger<CassandraSchema>());
            await schema.EnsureAsync(cancellationToken);
        }

        var ofKeyspace = OptionsOf(options, loggers);
        ofKeyspace.Keyspace = options.Keyspace;
        var password = options.PasswordFile is not { } file ? null : new PasswordFile(
            file, changed => ofKeyspace.Password = changed, time, loggers.CreateLogger<PasswordFile>());
        try
        {
            var session = await CqlSession.ConnectAsync(ofKeyspace, cancellationToken);
            return new CassandraSession(session, password, options, health);
        }
        catch
        {
            if (password is not null) await password.DisposeAsync();
            throw;
        }
    }

    private static CqlOptions OptionsOf(CassandraOptions options, ILoggerFactory loggers)
    {
        var cql = new CqlOptions
        {
            LocalDataCenter = options.LocalDataCenter,
            Username = options.User,
            Consistency = Consistency.LocalQuorum,
            SchemaAgreementTimeout = TimeSpan.FromSeconds(60),
            SpeculativeDelay = SpeculativeDelay,
            LoggerFactory = loggers,
        };
        foreach (var point in options.ContactPoints.Split(','))
            cql.ContactPoints.Add(PointOf(point.Trim(), options.Port));
        try
        {
            if (options.PasswordFile is { } file) cql.Password = PasswordFile.Read(file);
            if (options.Tls) cql.Tls = TlsOf(options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CassandraRefusedException(
                $"A file of LiveChat:Store cannot be read: {e.Message} Correct PasswordFile, CertificateAuthority or "
                + "ClientCertificate, and give the server the right to read it.", e);
        }

        return cql;
    }

    private static CqlTlsOptions TlsOf(CassandraOptions options)
    {
        var tls = new CqlTlsOptions
        {
            ClientCertificate = options.ClientCertificate is { } own
                ? X509Certificate2.CreateFromPemFile(own)
                : null,
        };
        if (options.CertificateAuthority is { } authority) tls.TrustedCertificates.ImportFromPemFile(authority);
        return tls;
    }

    /// <summary><c>host</c>, <c>host:port</c>, an address, or <c>[IPv6]:port</c>.</summary>
    private static EndPoint PointOf(string text, int port)
    {
        if (IPAddress.TryParse(text, out var address)) return new IPEndPoint(address, port);
        if (IPEndPoint.TryParse(text, out var endPoint)) return endPoint;
        var colon = text.LastIndexOf(':');
        return colon < 0
            ? new DnsEndPoint(text, port)
            : new DnsEndPoint(text[..colon], int.Parse(text.AsSpan(colon + 1), CultureInfo.InvariantCulture));
    }
}
