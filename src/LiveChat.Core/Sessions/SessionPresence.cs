using LiveChat.Core.History;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Sessions;

/// <summary>
/// A session's commands about presence, one after the other beside its reader, so that a store of presence that hangs
/// keeps no message waiting. The reader asks; answers come from where the store answers. Full (as many as the session
/// may have commands in flight) means a retryable refusal.
/// </summary>
internal sealed class SessionPresence(SessionServices services, Session session)
{
    private readonly UserPresence _presence = new(services, session.User);
    private readonly Inflight _asked = new(session.Outbox, services.Limits.Inflight);
    private Task _last = Task.CompletedTask;

    public void Ask(ClientFrame command, CancellationToken cancellationToken)
    {
        if (_asked.TryEnter()) _last = AnswerAsync(_last, command, cancellationToken);
        else session.Refuse(command.Id, Problems.Of(ErrorCode.RateLimited, "Too many commands without an answer."));
    }

    /// <summary>Ends when the last answer has been given; the reader has ended before.</summary>
    public Task EndAsync() => _last;

    private async Task AnswerAsync(Task former, ClientFrame command, CancellationToken cancellationToken)
    {
        try
        {
            await former;
            if (session.Outbox.Closed is not null) return;
            if (command is PresenceWatching watching)
            {
                await _presence.WatchAsync(session, watching, cancellationToken);
                return;
            }

            var answer = await _presence.AnswerAsync(command, cancellationToken);
            session.Outbox.Answer(answer with { Re = command.Id });
        }
        catch (HistoryUnavailableException)
        {
            session.Refuse(command.Id, Problems.Of(ErrorCode.Unavailable));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The device left.
        }
        catch
        {
            session.Outbox.Close(CloseCode.InternalError);
            throw;
        }
        finally
        {
            _asked.Leave();
        }
    }
}
