using System.Collections.Concurrent;
using LiveChat.Core.Links;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>
/// Asks other gateways which sessions a user has there, or to end one of them. Any thread. At most as many questions
/// are open as requests of backends are under way, one for each other gateway; each is over after two seconds.
/// </summary>
internal sealed class OtherSessions(TimeProvider time)
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<ulong, Question> _open = new();
    private ulong _asks;

    /// <summary>The answers in the order of the calls; null of a gateway that has not answered.</summary>
    /// <param name="calls">Who is asked.</param>
    /// <param name="user">Whose sessions.</param>
    /// <param name="revoke">The session that ends; empty for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<SessionsTold?[]> AskAsync(
        IEnumerable<OwnerCall> calls, UserId user, string revoke, CancellationToken cancellationToken) =>
        Task.WhenAll(calls.Select(call => AskAsync(call, user, revoke, cancellationToken)));

    /// <summary>A gateway answers.</summary>
    public void Take(OwnerCall call, SessionsTold told)
    {
        if (_open.TryGetValue(told.Ask, out var question) && question.Call == call) question.Told.TrySetResult(told);
    }

    /// <summary>The call is over, and so are its questions.</summary>
    public void End(OwnerCall call)
    {
        foreach (var (_, question) in _open)
            if (question.Call == call) question.Told.TrySetResult(null);
    }

    private async Task<SessionsTold?> AskAsync(
        OwnerCall call, UserId user, string revoke, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _asks);
        var told = new TaskCompletionSource<SessionsTold?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[number] = new Question(call, told);
        try
        {
            call.Write(new LinkFrame
            {
                SessionsAsk = new SessionsAsk { Ask = number, User = user.Value, Revoke = revoke },
            });
            return await told.Task.InContextAsync().WaitAsync(AnswerWithin, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            _open.TryRemove(number, out _);
        }
    }

    private sealed record Question(OwnerCall Call, TaskCompletionSource<SessionsTold?> Told);
}
