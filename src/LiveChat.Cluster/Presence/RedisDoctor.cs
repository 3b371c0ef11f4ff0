using System.Net.Sockets;
using System.Security.Cryptography;
using StackExchange.Redis;

namespace LiveChat.Cluster.Presence;

/// <summary>Everything that keeps a server from presence in Redis, or may do so one day. Writes nothing but a number
/// that goes after an hour. The server starts in each case, and has no presence where something is refused.</summary>
internal static class RedisDoctor
{
    private const int AnswerWithinMs = 10_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private const string Away = "Start it, or correct LiveChat:Presence:Endpoints and Tls; chat goes on without it.";

    /// <summary>A server that does not accept the certificate of a client only closes the connection.</summary>
    private const string AwayByTls =
        "Start it, or correct LiveChat:Presence:Endpoints, Tls, CertificateAuthority or ClientCertificate: it may "
        + "speak no TLS, show another certificate, or ask for one. Chat goes on without it.";

    /// <param name="options">The options that the server is started with.</param>
    /// <param name="time">For the wait.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<ServiceFinding>> LookAsync(
        RedisOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await TryAsync(options).WaitAsync(Patience, time, cancellationToken);
        }
        catch (Exception e) when (RedisErrors.Advice(e) is { } advice)
        {
            return [ServiceFinding.Refused("start", "Redis refuses this server.", advice)];
        }
        catch (Exception e) when (e is RedisException or TimeoutException or SocketException or AggregateException)
        {
            return
            [
                ServiceFinding.Refused(
                    "servers", $"No server of {options.Endpoints} answers.", options.Tls ? AwayByTls : Away),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException
            or CryptographicException)
        {
            return
            [
                ServiceFinding.Refused(
                    "files",
                    $"A file of LiveChat:Presence cannot be read: {e.Message}",
                    "Correct PasswordFile, CertificateAuthority or ClientCertificate."),
            ];
        }
    }

    private static async Task<IReadOnlyList<ServiceFinding>> TryAsync(RedisOptions options)
    {
        var password = options.PasswordFile is { } file ? PasswordFile.Read(file) : null;
        var configuration = RedisConnection.ConfigurationOf(options, () => password);
        configuration.AbortOnConnectFail = true; // Says why.
        configuration.ConnectTimeout = configuration.AsyncTimeout = AnswerWithinMs;
        await using var redis = await ConnectionMultiplexer.ConnectAsync(configuration);
        var findings = new List<ServiceFinding>
        {
            ServiceFinding.Good("servers", $"{options.Endpoints} answer."),
        };
        foreach (var server in redis.GetServers().Where(RedisConnection.IsMaster))
            findings.AddRange(RedisChecks.Of(await RedisFacts.ReadAsync(server)));
        try
        {
            await new RedisProbes($"doctor:{RandomNumberGenerator.GetHexString(8)}").WriteAsync(redis);
        }
        catch (RedisException e) when (RedisErrors.Advice(e) is { } advice)
        {
            findings.Add(ServiceFinding.Refused("writes", "Redis takes no writes of this server.", advice));
        }

        return findings;
    }
}
