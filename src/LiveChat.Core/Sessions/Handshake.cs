using LiveChat.Core.Ingest;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Sessions;

/// <summary>
/// The first frame: whose token is it, where does the device resume. What changed is read, and <c>ready</c> stands in
/// the outbox, before the session is registered; what comes in between is found by the session's barrier.
/// </summary>
internal static class Handshake
{
    /// <summary>The session, or null: then the outbox is closed and says why.</summary>
    public static async Task<Session?> TryAsync(
        SessionServices services, Outbox outbox, Connect connect, CancellationToken cancellationToken)
    {
        if (services.Drain.IsOn)
            return Refuse(
                outbox, connect, Problems.Of(ErrorCode.Draining), CloseCode.Draining, services.Drain.AfterMs());
        if (FieldRules.Check(connect) is { } broken) return Refuse(outbox, connect, broken, CloseCode.BadFrame);

        var answer = await services.SignIn.CheckAsync(
            connect.Token, connect.Device, SignIn.UnnamedDevice, cancellationToken);
        if (answer.Status is not TokenStatus.Valid)
            return Refuse(outbox, connect, SignIn.ProblemOf(answer.Status), SignIn.CloseCodeOf(answer.Status));

        // A device of another name each time would cost a sync each time.
        if ((services.Rates.TakeRequest(answer.User) ?? services.Rates.TakeRead(answer.User)) is { } tooFast)
            return Refuse(outbox, connect, tooFast, CloseCode.RateLimited);

        var now = services.Time.GetUtcNow();
        await services.Identities.Users.TouchDeviceAsync(
            answer.User, answer.Device!, now.ToUnixTimeMilliseconds(), cancellationToken);
        var resume = await Resumption.BeginAsync(services, answer.User, connect.Since, cancellationToken);
        var epoch = services.History.Epoch;
        var session = new Session(services, outbox, answer, resume) { Epoch = epoch };
        outbox.PostAnswer(FrameBytes.Of(new Ready
        {
            Re = connect.Id,
            Session = session.Id,
            User = answer.User.Value,
            Resume = resume.Verdict,
            Behind = resume.Verdict == Resumption.Partial ? resume.Behind : null,
            PingMs = services.Options.PingSeconds * 1_000,
            Limits = services.Limits,
            ServerTime = now,
            Since = services.Seal.Write(resume.CameWith),
            Epoch = epoch,
        }));
        return session;
    }

    private static Session? Refuse(
        Outbox outbox, Connect connect, Problem problem, CloseCode code, int? afterMs = null)
    {
        if (connect.Id is { } number)
            outbox.Answer(new ErrorFrame { Re = number, Problem = problem });
        outbox.Close(code, afterMs);
        return null;
    }
}
