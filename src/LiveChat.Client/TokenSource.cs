namespace LiveChat.Client;

/// <summary>
/// Asks the application for a token. Whatever the provider does, there is an answer within
/// <see cref="LiveChatClientOptions.TokenTimeout"/>: a token, or the end that says why there is none.
/// </summary>
internal sealed class TokenSource(LiveChatClientOptions options)
{
    public async Task<(string? Token, ConnectionEnd? Failed)> AskAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.TokenTimeout, options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var patience = both.Token;
        try
        {
            // Beside the loop: a provider may also block its thread.
            var asked = Task.Run(() => options.TokenProvider(patience).AsTask(), CancellationToken.None);
            var token = await asked.OrGiveUpAsync(patience).ConfigureAwait(false);
            return string.IsNullOrEmpty(token)
                ? (null, new ConnectionEnd(null, "the token provider returned no token") { IsFinal = true })
                : (token, null);
        }
        catch (UnauthorizedAccessException none)
        {
            return (null, new ConnectionEnd(null, none.Message) { IsFinal = true, Cause = none });
        }
        catch (OperationCanceledException late) when (deadline.IsCancellationRequested)
        {
            var reason = $"the token provider did not return within {options.TokenTimeout.TotalSeconds:0.#} s";
            return (null, new ConnectionEnd(null, reason) { Cause = late });
        }
        catch (Exception failed) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, new ConnectionEnd(null, "the token provider failed: " + failed.Message) { Cause = failed });
        }
    }
}
