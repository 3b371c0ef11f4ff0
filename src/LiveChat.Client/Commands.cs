using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Client;

/// <summary>
/// Asks the server, again and again under the same key, over as many connections as it takes, until there is a final
/// answer, the caller gives up or the client ends. The first command connects. Any thread.
/// </summary>
/// <param name="options">The clock, the chance, the time-out.</param>
/// <param name="connections">Where the connection of now is.</param>
/// <param name="retries">Says that a command is sent again.</param>
/// <param name="start">Connects, if that has not begun.</param>
/// <param name="life">Ends with the client, and with it whatever waits.</param>
internal sealed class Commands(
    LiveChatClientOptions options,
    ConnectionLoop connections,
    Retries retries,
    Action start,
    CancellationToken life)
{
    private const int PauseDoublingsMax = 5;
    private static readonly TimeSpan PauseBase = TimeSpan.FromMilliseconds(250);

    private readonly ChatOrder _order = new();
    private volatile bool _isClosed;

    /// <summary>Nothing new is begun from here on.</summary>
    public void Close() => _isClosed = true;

    public void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isClosed, typeof(LiveChatClient));

    /// <summary>A key by the server's clock: waits for a connection, which knows it.</summary>
    public Task<string> NewClientIdAsync(CancellationToken cancellationToken) => WhileItLivesAsync(
        async either => NewClientId(await connections.ConnectedAsync(either).ConfigureAwait(false)),
        cancellationToken);

    /// <summary>A change of a chat, in the order of the calls. Without a key it gets one for this call.</summary>
    public Task<Ack> ChangeAsync(
        string chat, string? clientId, Func<string, ChangeCommand> make, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(chat);
        return _order.RunAsync(chat, () => ChangeAsync(clientId, make, cancellationToken), cancellationToken);
    }

    /// <summary>The key is made at the first transmission, by the server's clock, and kept over every retry.</summary>
    public Task<Ack> ChangeAsync(
        string? clientId, Func<string, ChangeCommand> make, CancellationToken cancellationToken)
    {
        if (clientId is not null && !ClientId.TryParse(clientId, out _))
            throw new ArgumentException("A client id is a UUIDv7, as NewClientIdAsync makes it.", nameof(clientId));
        return AskAsync<Ack>(connection => make(clientId ??= NewClientId(connection)), cancellationToken);
    }

    /// <summary>Asks until there is a final answer.</summary>
    public Task<TAnswer> AskAsync<TAnswer>(Func<ClientFrame> make, CancellationToken cancellationToken)
        where TAnswer : ServerFrame => AskAsync<TAnswer>(_ => make(), cancellationToken);

    private Task<TAnswer> AskAsync<TAnswer>(Func<Connection, ClientFrame> make, CancellationToken cancellationToken)
        where TAnswer : ServerFrame
    {
        string? reason = null;
        return WhileItLivesAsync(
            either => AskUntilAnsweredAsync<TAnswer>(make, retry => reason = retry.Reason, either),
            () => reason,
            cancellationToken);
    }

    /// <summary>Ends a wait that would last as long as the client when the client ends. A caller who gives up is told
    /// why there was no connection.</summary>
    public Task<T> WhileItLivesAsync<T>(
        Func<CancellationToken, Task<T>> wait, CancellationToken cancellationToken) =>
        WhileItLivesAsync(wait, static () => null, cancellationToken);

    /// <summary>The same for a wait that the server may refuse for the moment.</summary>
    /// <param name="wait">What is waited for.</param>
    /// <param name="reason">What the server said last; null when it has said nothing.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public async Task<T> WhileItLivesAsync<T>(
        Func<CancellationToken, Task<T>> wait, Func<string?> reason, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        start();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, life);
        try
        {
            return await wait(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            ObjectDisposedException.ThrowIf(!cancellationToken.IsCancellationRequested, typeof(LiveChatClient));
            throw GivenUp(reason(), cancellationToken);
        }
    }

    /// <summary>Says what the caller has waited for.</summary>
    private OperationCanceledException GivenUp(string? reason, CancellationToken cancellationToken) =>
        connections.LastFailure switch
        {
            { } failure => new($"There is no connection: {failure.Reason}.", failure.Cause, cancellationToken),
            null when connections.Current is null => new("There is no connection yet.", cancellationToken),
            null => new(reason ?? "The server has not answered yet.", cancellationToken),
        };

    private static string NewClientId(Connection connection) => ClientId.New(connection.ServerNow).ToString();

    private async Task<TAnswer> AskUntilAnsweredAsync<TAnswer>(
        Func<Connection, ClientFrame> make, Action<CommandRetry> again, CancellationToken cancellationToken)
        where TAnswer : ServerFrame
    {
        for (var attempt = 1; ; attempt++)
        {
            var connection = await connections.ConnectedAsync(cancellationToken).ConfigureAwait(false);
            var command = make(connection);
            Exception failed;
            try
            {
                var answer = await connection.AskAsync(command, options.RequestTimeout, cancellationToken)
                    .ConfigureAwait(false);
                if (answer is TAnswer final) return final;
                failed = new UnexpectedAnswerException(answer);
            }
            catch (Exception lost) when (Retries.IsDue(lost))
            {
                failed = lost;
            }

            if (!Retries.IsDue(failed)) throw Final(failed);
            var ceiling = PauseBase * Math.Pow(2, Math.Min(attempt - 1, PauseDoublingsMax));
            var retry = retries.Note(command, attempt, failed, ceiling * options.Random.NextDouble());
            again(retry);
            await Task.Delay(retry.Delay, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static Exception Final(Exception failed) => failed is UnexpectedAnswerException { Problem: { } problem }
        ? new LiveChatRefusedException(problem)
        : new InvalidDataException(failed.Message);
}
