using LiveChat.Core.History;
using LiveChat.Core.Ids;
using LiveChat.Core.Ingest;
using LiveChat.Core.Log;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>
/// A command that comes without a connection (over HTTP): the same path as a session's, with an outbox for the one
/// answer of a change. Nothing is delivered to it.
/// </summary>
internal static class SingleRequest
{
    /// <summary>Longer than a command is tried (30 s) is of no use to anybody.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(31);

    /// <summary>The terminal answer; an error when it was refused or its outcome is unknown.</summary>
    public static async Task<ServerFrame> AskAsync(
        SessionServices services,
        UserId user,
        ClientFrame command,
        bool isByServerKey,
        CancellationToken cancellationToken)
    {
        if (FieldRules.Check(command) is { } broken) return new ErrorFrame { Problem = broken };
        try
        {
            return command switch
            {
                SyncGet sync => await FullSync.AnswerAsync(
                    services, user, sync, services.Barrier.LeftOutAsync, cancellationToken),
                ChangeCommand or Mark or Typing or MineSet => await CommandAsync(
                    services, user, command, isByServerKey, cancellationToken),
                PresenceGet or PresenceSet => await new UserPresence(services, user).AnswerAsync(
                    command, cancellationToken),

                // What is only read needs no outbox, and no frame that would be written to be read again.
                _ => await new UserReads(services, user).AnswerAsync(command, cancellationToken),
            };
        }
        catch (Exception away) when (away is HistoryUnavailableException or IdUnavailableException)
        {
            return new ErrorFrame { Problem = Problems.Of(away) };
        }
        catch (TimeoutException)
        {
            return new ErrorFrame { Problem = Problems.Of(ErrorCode.Timeout) };
        }
    }

    /// <summary>A step of an erasure, and its terminal answer.</summary>
    /// <exception cref="IdUnavailableException">No ids can be issued now.</exception>
    public static async Task<ServerFrame> EraseAsync(
        SessionServices services, Record record, CancellationToken cancellationToken)
    {
        var outbox = new Outbox(services.OutboxOptions, services.OutboxBudget, services.Time);
        try
        {
            var taken = services.Ingest.SubmitErasure(record, new Inflight(outbox, max: 1), number: 1);
            return taken.Problem is { } refused
                ? new ErrorFrame { Problem = refused }
                : await AnswerAsync(services, outbox, cancellationToken);
        }
        catch (TimeoutException)
        {
            return new ErrorFrame { Problem = Problems.Of(ErrorCode.Timeout) };
        }
        finally
        {
            outbox.Abandon();
        }
    }

    private static async Task<ServerFrame> CommandAsync(
        SessionServices services,
        UserId user,
        ClientFrame command,
        bool isByServerKey,
        CancellationToken cancellationToken)
    {
        var outbox = new Outbox(services.OutboxOptions, services.OutboxBudget, services.Time);
        try
        {
            var commands = new UserCommands(services, user, new Inflight(outbox, max: 1))
            {
                IsByServerKey = isByServerKey,
            };
            await commands.HandleAsync(command with { Id = 1 }, cancellationToken);
            return command is Typing ? new Accepted() : await AnswerAsync(services, outbox, cancellationToken);
        }
        finally
        {
            outbox.Abandon();
        }
    }

    private static async Task<ServerFrame> AnswerAsync(
        SessionServices services, Outbox outbox, CancellationToken cancellationToken)
    {
        while (true)
        {
            await WaitAsync(outbox).WaitAsync(Timeout, services.Time, cancellationToken);
            if (TakeAnswer(outbox) is { } answer and not Accepted) return answer;
        }
    }

    /// <summary>A method of its own, which keeps the wait in the context: see <see cref="Waiting"/>.</summary>
    private static async Task WaitAsync(Outbox outbox) => await outbox.WaitAsync();

    private static ServerFrame? TakeAnswer(Outbox outbox)
    {
        var message = new System.Buffers.ArrayBufferWriter<byte>();
        return outbox.Take(message, bytesMax: 1) > 0 ? JsonFrames.ReadServerFrame(message.WrittenSpan).Frame : null;
    }
}
