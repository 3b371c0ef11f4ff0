using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Log;

/// <summary>
/// The connections of a node to the brokers: what every client of Kafka is given, and the password, which is read again
/// from its file while the node runs. A changed password reaches every client; brokers ask for it at the next
/// connection or re-authentication. Any thread; one loop reads the file.
/// </summary>
internal sealed class KafkaClients : IAsyncDisposable
{
    private readonly ConcurrentDictionary<IClient, byte> _clients = new();
    private readonly PasswordFile? _password;

    /// <exception cref="KafkaLogException">The file of the password, or the certificate and its key, cannot be used.
    /// </exception>
    public KafkaClients(KafkaLogOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        (Options, Time, Loggers) = (options, time, loggers);
        CheckCertificate(options);
        if (options.PasswordFile is not { } file) return;
        try
        {
            _password = new PasswordFile(file, Tell, time, loggers.CreateLogger<PasswordFile>());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KafkaLogException(
                $"The file of LiveChat:Log:PasswordFile cannot be read: {e.Message} Give the server the right to.", e);
        }
    }

    public KafkaLogOptions Options { get; }

    public TimeProvider Time { get; }

    public ILoggerFactory Loggers { get; }

    /// <summary>What every client of the brokers is given.</summary>
    public T Config<T>(string role)
        where T : ClientConfig, new() => new()
        {
            BootstrapServers = Options.Brokers,
            ClientId = $"livechat-{role}",
            SecurityProtocol = (Options.Tls, Options.Mechanism) switch
            {
                (false, null) => SecurityProtocol.Plaintext,
                (true, null) => SecurityProtocol.Ssl,
                (false, _) => SecurityProtocol.SaslPlaintext,
                (true, _) => SecurityProtocol.SaslSsl,
            },
            SaslMechanism = Options.Mechanism,
            SaslUsername = Options.User,
            SaslPassword = _password?.Password,
            SslCaLocation = Options.CertificateAuthority,
            SslCertificateLocation = Options.ClientCertificate,
            SslKeyLocation = Options.ClientKey,
            SslEndpointIdentificationAlgorithm = SslEndpointIdentificationAlgorithm.Https,
            ReconnectBackoffMs = 100,
            ReconnectBackoffMaxMs = 2_000,
            SocketKeepaliveEnable = true,
            SocketNagleDisable = true,
        };

    /// <summary>What every consumer is given: it commits and moves nothing by itself.</summary>
    public ConsumerConfig ConsumerConfig(string role, string group)
    {
        var config = Config<ConsumerConfig>(role);
        config.GroupId = group;
        config.EnableAutoCommit = false;
        config.EnableAutoOffsetStore = false;
        config.AutoOffsetReset = AutoOffsetReset.Error;
        config.CheckCrcs = true;

        // The default, a second, would be the p99 of every answer.
        config.Set("fetch.queue.backoff.ms", "10");
        return config;
    }

    /// <summary>A consumer that says what the group has committed, and is no member of it. No admin client: one whose
    /// request about that has no answer in time ends the process. It must not be ended before its answers have come.
    /// </summary>
    public IConsumer<Ignore, byte[]> NewAsker(string group, Action<Error> heard, ILogger logger) =>
        new ConsumerBuilder<Ignore, byte[]>(ConsumerConfig("offsets", group))
            .SetErrorHandler((_, error) => heard(error))
            .SetLogHandler((_, line) => KafkaLog.Write(logger, line))
            .Build();

    /// <summary>Has the client told of a changed password, until <see cref="Forget"/>.</summary>
    public T Follow<T>(T client)
        where T : IClient
    {
        _clients[client] = 0;
        return client;
    }

    public void Forget(IClient client) => _clients.TryRemove(client, out _);

    public async ValueTask DisposeAsync()
    {
        if (_password is not null) await _password.DisposeAsync();
    }

    /// <summary>Kafka's client would say so with less, and once for each connection.</summary>
    private static void CheckCertificate(KafkaLogOptions options)
    {
        if (options.ClientCertificate is not { } certificate) return;
        try
        {
            X509Certificate2.CreateFromPemFile(certificate, options.ClientKey).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new KafkaLogException(
                $"The certificate {certificate} and the key {options.ClientKey} cannot be used together: {e.Message} "
                + "Correct LiveChat:Log:ClientCertificate and ClientKey.",
                e);
        }
    }

    private void Tell(string password)
    {
        try
        {
            foreach (var client in _clients.Keys) client.SetSaslCredentials(Options.User!, password);
        }
        catch (KafkaException e)
        {
            throw new InvalidOperationException(e.Message, e);
        }
    }
}
