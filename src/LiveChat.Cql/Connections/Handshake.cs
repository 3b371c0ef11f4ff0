using System.Net;
using System.Text;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Connections;

/// <summary>
/// Makes a connection: socket, TLS, STARTUP, authentication, keyspace; one message at a time. Begins with the newest
/// protocol and, where the server refuses that, dials again with v4 (v5, section 2.3).
/// </summary>
internal sealed class Handshake : IDisposable
{
    private readonly CqlOptions _options;
    private readonly Transport _transport;
    private readonly ProtocolVersion _version;
    private readonly EnvelopeReader _envelopes;
    private bool _isSegmented;

    private Handshake(CqlOptions options, Transport transport, ProtocolVersion version)
    {
        _options = options;
        _transport = transport;
        _version = version;
        _envelopes = new EnvelopeReader(options.BodyBytesMax);
    }

    /// <summary>
    /// Throws <see cref="CqlAuthenticationException"/> for wrong credentials and <see cref="CqlConnectionException"/>
    /// for everything else, so that the loops which try again end with nothing that a network or a stack of TLS throws.
    /// </summary>
    public static async Task<CqlConnection> ConnectAsync(
        EndPoint node, CqlOptions options, Action<ServerEvent>? onEvent, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.ConnectTimeout, options.TimeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            if (options.ProtocolVersionMax >= ProtocolVersion.V5)
            {
                var newest = await TryConnectAsync(node, options, ProtocolVersion.V5, onEvent, linked.Token)
                    .ConfigureAwait(false);
                if (newest is not null) return newest;
            }

            return await TryConnectAsync(node, options, ProtocolVersion.V4, onEvent, linked.Token)
                .ConfigureAwait(false) ?? throw new CqlProtocolException("The server speaks neither v5 nor v4.");
        }
        catch (CqlException exception)
        {
            exception.Node ??= node;
            throw;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(node, $"no connection within {options.ConnectTimeout.TotalMilliseconds:F0} ms", exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw Failed(node, exception.Message, exception);
        }
    }

    /// <summary>Only of a handshake that failed: a connection takes the reader over.</summary>
    public void Dispose() => _envelopes.Dispose();

    private static CqlConnectionException Failed(EndPoint node, string reason, Exception exception) =>
        new($"Could not connect: {reason}", isOutcomeUnknown: false, exception)
        {
            Node = node, WasSent = false,
        };

    /// <summary>Null when the server does not speak that version.</summary>
    private static async Task<CqlConnection?> TryConnectAsync(
        EndPoint node, CqlOptions options, ProtocolVersion version, Action<ServerEvent>? onEvent,
        CancellationToken cancellationToken)
    {
        var transport = await Transport.ConnectAsync(node, options.Tls, cancellationToken).ConfigureAwait(false);
        var handshake = new Handshake(options, transport, version);
        try
        {
            if (await handshake.RunAsync(cancellationToken).ConfigureAwait(false))
            {
                return new CqlConnection(
                    node, options, transport, handshake._envelopes, version, handshake._isSegmented, onEvent);
            }
        }
        catch
        {
            handshake.Dispose();
            await transport.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        handshake.Dispose();
        await transport.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    private async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var library = typeof(Handshake).Assembly.GetName();
        var startup = new StartupRequest(library.Name ?? string.Empty, library.Version?.ToString(3) ?? string.Empty);
        var answer = await AskAsync(startup, cancellationToken).ConfigureAwait(false);
        var isRefused = answer.Header.Opcode == Opcode.Error && IsVersionRefused(answer);
        if (isRefused) return false;
        _isSegmented = _version >= ProtocolVersion.V5;
        if (_isSegmented) _envelopes.SwitchToSegments();
        if (answer.Header.Opcode == Opcode.Authenticate)
            await AuthenticateAsync(answer, cancellationToken).ConfigureAwait(false);
        else
            Expect(answer, Opcode.Ready);
        if (_options.Keyspace is { } keyspace)
        {
            var use = new QueryRequest($"USE \"{keyspace}\"", new QueryParameters(Consistency.One));
            Expect(await AskAsync(use, cancellationToken).ConfigureAwait(false), Opcode.Result);
        }

        return true;
    }

    /// <summary>A refusal comes in an older version's frame, or says that this one is a beta.</summary>
    private bool IsVersionRefused(in Response answer)
    {
        if (_version == ProtocolVersion.V4) return false;
        var error = answer.ReadError();
        return error is CqlServerProtocolException ? true : throw error;
    }

    /// <summary>
    /// SASL PLAIN (RFC 4616): an empty authorisation id, the user and the password, divided by zeros.
    /// </summary>
    private async Task AuthenticateAsync(Response answer, CancellationToken cancellationToken)
    {
        if (_options.Username is null || _options.Password is null)
        {
            var reader = new BodyReader(answer.Body);
            Response.ReadPrefix(ref reader, answer.Header.Flags);
            throw new CqlAuthenticationException($"The server wants credentials for {reader.ReadString()}.");
        }

        var token = Encoding.UTF8.GetBytes($"\0{_options.Username}\0{_options.Password}");
        var verdict = await AskAsync(new AuthResponseRequest(token), cancellationToken).ConfigureAwait(false);
        Expect(verdict, Opcode.AuthSuccess);
    }

    private static void Expect(in Response answer, Opcode opcode)
    {
        if (answer.Header.Opcode == Opcode.Error) throw answer.ReadError();
        if (answer.Header.Opcode != opcode)
            throw new CqlProtocolException($"{answer.Header.Opcode} came where {opcode} was due.");
        answer.Return();
    }

    private async Task<Response> AskAsync<TRequest>(TRequest request, CancellationToken cancellationToken)
        where TRequest : struct, IRequest
    {
        using var writer = new ByteWriter();
        EnvelopeWriter.Write(writer, request, stream: 0, _version, _isSegmented, _options.BodyBytesMax);
        await _transport.WriteAsync(writer.WrittenMemory, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var result = await _transport.Input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var input = result.Buffer;
            try
            {
                if (_envelopes.TryRead(ref input, out var answer))
                {
                    if (answer.IsPassedOver)
                        throw new CqlProtocolException($"{answer.Header.Opcode} has {answer.Header.BodyLength} bytes.");
                    return answer.Header is { Stream: 0, IsResponse: true }
                        ? answer
                        : throw new CqlProtocolException($"Stream {answer.Header.Stream} came where 0 was due.");
                }

                if (result.IsCompleted) throw new IOException("The node closed the connection.");
            }
            finally
            {
                _transport.Input.AdvanceTo(input.Start, input.End);
            }
        }
    }
}
