using LiveChat.Core;
using LiveChat.Core.Log;
using LiveChat.Core.Sequencing;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Checking;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// A user who talks: sends commands, some of them without waiting for the former's answer, repeats each under its
/// client id until it has an answer that counts, and now and then one that was answered long ago. A process of its
/// own, which no crash of a node touches.
/// </summary>
internal sealed class SimulatedClient(World world, UserId user, int number, int commands, Random random)
{
    /// <summary>An attempt without an answer for so long is an unknown outcome.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    private const int AttemptsMax = 60;

    private readonly List<(Invocation Invocation, Record Record)> _sent = [];
    private readonly CommandChooser _chooser = new(world, user, random);

    public async Task TalkAsync()
    {
        var pipelined = new List<Task>();
        for (var i = 0; i < commands; i++)
        {
            await PauseAsync();
            if (_sent.Count > 0 && random.Next(12) == 0)
                await RepeatAsync();
            var record = _chooser.Choose();
            var invocation = new Invocation
            {
                Chat = new ChatId(record.Chat).ToString(),
                Sender = user.Value,
                ClientId = new Guid(record.ClientId.Span, bigEndian: true).ToString("D"),
                Content = Rendering.Content(record),
            };
            world.Observed.Invocations.Add(invocation);
            _sent.Add((invocation, record));
            var sending = SendAsync(invocation, record);
            if (random.Next(3) == 0)
                pipelined.Add(sending);
            else
                await sending;
        }

        await Task.WhenAll(pipelined);
    }

    /// <summary>Sends something that was answered before once more, or something else under its key.</summary>
    private async Task RepeatAsync()
    {
        var (invocation, record) = _sent[random.Next(_sent.Count)];
        var acknowledged = invocation.Attempts.Any(attempt => attempt.Outcome == Outcome.Acknowledged);
        if (!acknowledged)
            return;
        if (record.BodyCase != Record.BodyOneofCase.Message || random.Next(2) == 0)
        {
            await SendAsync(invocation, record);
            return;
        }

        var other = record.Clone();
        other.Message.Body.Text += " (another)";
        var attempt = new Attempt(session: 0, world.Now);
        for (var i = 0; i < AttemptsMax && !CountsAsAnswer(attempt); i++)
        {
            attempt = new Attempt(session: 0, world.Now);
            await AttemptAsync(attempt, other);
            await WaitBeforeRetryAsync();
        }

        if (attempt.Reason != nameof(Refusal.DuplicateMismatch))
            world.Violate($"Other words under the key of {invocation.ClientId}: {attempt.Outcome} {attempt.Reason}.");
    }

    private async Task SendAsync(Invocation invocation, Record record)
    {
        for (var i = 0; i < AttemptsMax; i++)
        {
            var attempt = new Attempt(world.Life * 1000 + number, world.Now);
            invocation.Attempts.Add(attempt);
            await AttemptAsync(attempt, record);
            if (CountsAsAnswer(attempt))
                return;
            await WaitBeforeRetryAsync();
        }

        world.Violate($"{invocation.ClientId} of {user} had no answer in {AttemptsMax} attempts.");
    }

    private async Task AttemptAsync(Attempt attempt, Record record)
    {
        var stamped = record.Clone();
        stamped.Id = world.NextId();
        try
        {
            var answer = await world.Submit(number, stamped).InContextAsync().WaitAsync(AnswerTimeout, world.Time);
            if (answer.Use is { } use)
                attempt.Acknowledge(
                    world.Now, new ChatId(record.Chat).ToString(), use.Id.ToString(), use.Seq, answer.Duplicate);
            else if (answer.Refusal is { } refusal)
                attempt.Refuse(world.Now, refusal.ToString());
        }
        catch (LogUnavailableException)
        {
            attempt.Refuse(world.Now, nameof(LogUnavailableException));
        }
        catch (Exception exception) when (exception is TimeoutException or LogFailedException)
        {
            // Unknown: the same again under the same key.
        }
    }

    private static bool CountsAsAnswer(Attempt attempt) => attempt.Outcome == Outcome.Acknowledged
        || (attempt.Outcome == Outcome.Refused
            && attempt.Reason is not (nameof(LogUnavailableException) or nameof(Refusal.ClockAhead)));

    private Task WaitBeforeRetryAsync() =>
        Task.Delay(TimeSpan.FromMilliseconds(random.Next(50, 2_000)), world.Time);

    private Task PauseAsync()
    {
        // Seldom so long that keys leave the workers' memory.
        var milliseconds = random.Next(30) == 0 ? random.Next(180_000) : random.Next(300);
        return Task.Delay(TimeSpan.FromMilliseconds(milliseconds + 1), world.Time);
    }
}
