using System.Runtime.CompilerServices;

namespace LiveChat.Tests.Checking;

/// <summary>
/// Judges a run: nothing acknowledged is lost, one order for every reader, exactly once, numbers without holes.
/// Says what is broken, in sentences, at most <see cref="ViolationsMax"/> of them.
/// </summary>
internal sealed class RunChecker
{
    public const int ViolationsMax = 20;

    private readonly Run _run;
    private readonly List<string> _violations = [];
    private readonly Dictionary<(string Sender, string ClientId), Invocation> _commands = [];
    private readonly Dictionary<(string Sender, string ClientId), SeenEvent> _byKey = [];

    private RunChecker(Run run) => _run = run;

    public static IReadOnlyList<string> Check(Run run)
    {
        var checker = new RunChecker(run);
        foreach (var invocation in run.Invocations)
            checker._commands.Add((invocation.Sender, invocation.ClientId), invocation);
        checker.CheckHistory();
        foreach (var invocation in run.Invocations)
            checker.CheckAnswers(invocation);
        checker.CheckRealTimeOrder();
        checker.CheckSessionOrder();
        checker.CheckUnneeded();
        checker.CheckSightings();
        checker.CheckDelivery();
        return checker._violations;
    }

    /// <summary>Dense, counted, each key and each id once, and nothing that nobody said.</summary>
    private void CheckHistory()
    {
        var ids = new HashSet<string>();
        foreach (var (chat, events) in _run.History)
        {
            long seq = 0, n = 0, timeMs = 0;
            foreach (var seen in events)
            {
                Require(seen.Chat == chat, $"Chat {chat} holds an event of {seen.Chat}: {seen}.");
                Require(seen.Seq == ++seq, $"Chat {chat} has {seen.Seq} where {seq} belongs.");
                seq = seen.Seq;
                n += seen.IsMessage ? 1 : 0;
                Require(seen.N == n, $"Chat {chat} counts {seen.N} messages at {seq}; there are {n}.");
                Require(seen.TimeMs >= timeMs, $"Chat {chat} goes back in time at {seq}.");
                timeMs = seen.TimeMs;
                Require(ids.Add(seen.Id), $"The id {seen.Id} was given twice, now to {chat}/{seq}.");
                Require(_byKey.TryAdd((seen.Sender, seen.ClientId), seen), $"{seen.ClientId} of {seen.Sender} has its "
                    + $"effect twice: {_byKey[(seen.Sender, seen.ClientId)]} and {seen}.");
                CheckOrigin(seen);
            }
        }
    }

    private void CheckOrigin(SeenEvent seen)
    {
        if (!_commands.TryGetValue((seen.Sender, seen.ClientId), out var command))
        {
            Require(false, $"Nobody said {seen}.");
            return;
        }

        Require(command.Chat is null || command.Chat == seen.Chat, $"{seen} was said in {command.Chat}.");
        Require(seen.Content is null || Says(seen.Content, command.Content),
            $"{seen} has other content than was said: {command.Content}.");
        Require(command.Attempts.Any(attempt => attempt.Outcome != Outcome.Refused),
            $"{seen} is there although it was refused: {command.Attempts.LastOrDefault()?.Reason}.");
        Require(!command.Attempts.Any(attempt => attempt.IsFinal), $"{seen} is there, and its sender was told that it "
            + $"never would be: {command.Attempts.FirstOrDefault(attempt => attempt.IsFinal)?.Reason}.");
    }

    /// <summary>What was acknowledged is there, and every answer says the same.</summary>
    private void CheckAnswers(Invocation invocation)
    {
        Attempt? first = null;
        foreach (var attempt in invocation.Attempts)
        {
            if (attempt.Outcome != Outcome.Acknowledged)
                continue;
            first ??= attempt;
            Require((first.Chat, first.Seq, first.Id) == (attempt.Chat, attempt.Seq, attempt.Id),
                $"{invocation.ClientId} was acknowledged as {first.Chat}/{first.Seq}, then as "
                + $"{attempt.Chat}/{attempt.Seq}.");
            var events = _run.History.GetValueOrDefault(attempt.Chat!, []);
            var seen = attempt.Seq >= 1 && attempt.Seq <= events.Count ? events[(int)attempt.Seq - 1] : null;
            var isTheirs = invocation.IsShared
                ? seen?.Content == invocation.Content
                : seen?.ClientId == invocation.ClientId && seen.Sender == invocation.Sender;
            Require(isTheirs && seen!.Id == attempt.Id,
                $"{invocation.ClientId} of {invocation.Sender} was acknowledged as "
                + $"{attempt.Chat}/{attempt.Seq} (id {attempt.Id}); there is {seen?.ToString() ?? "nothing"}.");
        }
    }

    /// <summary>What was acknowledged before another command was sent stands before it.</summary>
    private void CheckRealTimeOrder()
    {
        foreach (var chat in Acknowledged().GroupBy(pair => pair.Attempt.Chat))
        {
            var invoked = chat
                .GroupBy(pair => pair.Invocation)
                .Select(pairs => (At: pairs.Key.Attempts[0].InvokedAt, pairs.First().Attempt.Seq))
                .OrderBy(command => command.At).ToArray();
            var answered = chat.OrderBy(pair => pair.Attempt.AnsweredAt).ToArray();
            long highest = 0;
            var next = 0;
            foreach (var (at, seq) in invoked)
            {
                for (; next < answered.Length && answered[next].Attempt.AnsweredAt < at; next++)
                    highest = Math.Max(highest, answered[next].Attempt.Seq);
                Require(seq > highest, $"Chat {chat.Key}: {seq} was sent after {highest} was acknowledged.");
            }
        }
    }

    /// <summary>Commands of one session to one chat stand in the order in which they were sent.</summary>
    private void CheckSessionOrder()
    {
        // A command that was sent before, over this or another connection, may stand where it stood then.
        var firsts = Acknowledged().Where(pair => pair.Invocation.Attempts[0] == pair.Attempt);
        foreach (var session in firsts.GroupBy(pair => (pair.Attempt.Session, pair.Attempt.Chat)))
        {
            long former = 0;
            foreach (var (invocation, attempt) in session.OrderBy(pair => pair.Attempt.InvokedAt))
            {
                Require(attempt.Seq > former, $"{invocation.ClientId} is {attempt.Chat}/{attempt.Seq}, but was sent "
                    + $"after {former} over the same session.");
                former = attempt.Seq;
            }
        }
    }

    /// <summary>
    /// A reaction without an event was so already at the head that its answer names, and what was acknowledged before
    /// it was sent, or was sent before it over the same session, is not above that head.
    /// </summary>
    private void CheckUnneeded()
    {
        var acknowledged = Acknowledged().ToLookup(pair => pair.Attempt.Chat);
        foreach (var invocation in _run.Invocations)
            foreach (var attempt in invocation.Attempts.Where(attempt => attempt.Outcome == Outcome.Unneeded))
            {
                var words = invocation.Content.Split(' ');
                var reaction = string.Join(' ', words[..^1]);
                var last = _run.History.GetValueOrDefault(attempt.Chat!, []).LastOrDefault(seen =>
                    seen.Seq <= attempt.Seq && seen.Sender == invocation.Sender
                    && seen.Content?.StartsWith(reaction + ' ', StringComparison.Ordinal) == true);
                Require(
                    words[0] == "react" && (last?.Content ?? reaction + " False") == invocation.Content,
                    $"{invocation.ClientId} of {invocation.Sender}, {invocation.Content}, made no event; at "
                    + $"{attempt.Chat}/{attempt.Seq} there is {last?.ToString() ?? "nothing"}.");
                foreach (var (other, former) in acknowledged[attempt.Chat])
                    Require(
                        former.Seq <= attempt.Seq || (former.AnsweredAt > attempt.InvokedAt
                            && (former.Session != attempt.Session || former.InvokedAt > attempt.InvokedAt
                                || other.Attempts[0] != former)),
                        $"{invocation.ClientId} of {invocation.Sender} made no event at {attempt.Chat}/{attempt.Seq}, "
                        + $"behind {other.ClientId} at {former.Seq}.");
            }
    }

    /// <summary>Whoever saw an event saw the one of history; pushes of a session come in order, each once.</summary>
    private void CheckSightings()
    {
        var pushed = new Dictionary<(string Device, int Session, string Chat), long>();
        foreach (var sighting in _run.Sightings)
        {
            var seen = sighting.Event;
            var events = _run.History.GetValueOrDefault(seen.Chat, []);
            var kept = seen.Seq >= 1 && seen.Seq <= events.Count ? events[(int)seen.Seq - 1] : null;
            Require(kept is not null && IsSame(kept, seen),
                $"{sighting.Device} saw {seen}; history has {kept?.ToString() ?? "nothing"}.");
            if (!sighting.IsPushed)
                continue;
            var key = (sighting.Device, sighting.Session, seen.Chat);
            var former = pushed.GetValueOrDefault(key);
            Require(seen.Seq > former, $"{sighting.Device} was pushed {seen.Chat}/{seen.Seq} after {former}.");
            pushed[key] = seen.Seq;
        }
    }

    /// <summary>Nothing that a device may see was kept from it.</summary>
    private void CheckDelivery()
    {
        var seen = _run.Sightings.Select(sighting => (sighting.Device, sighting.Event.Chat, sighting.Event.Seq))
            .ToHashSet();
        foreach (var (device, chat, from, to) in _run.MustHaveSeen)
            for (var seq = from; seq <= to; seq++)
                Require(seen.Contains((device, chat, seq)), $"{device} never saw {chat}/{seq}.");
    }

    /// <summary>An event says what its command said, and of a chat's settings also what that left as it was.</summary>
    private static bool Says(string seen, string said) =>
        seen == said || said.Split(SeenEvent.And).All(seen.Split(SeenEvent.And).Contains);

    /// <summary>Content that was erased since, or that this reader may not see, is no difference.</summary>
    private static bool IsSame(SeenEvent kept, SeenEvent seen) => kept == seen with
    {
        Content = seen.Content is null ? kept.Content : kept.Content is null ? null : seen.Content,
        Detail = seen.Detail.Length == 0 ? kept.Detail : seen.Detail,
    };

    private IEnumerable<(Invocation Invocation, Attempt Attempt)> Acknowledged() =>
        from invocation in _run.Invocations
        where !invocation.IsShared
        from attempt in invocation.Attempts
        where attempt.Outcome == Outcome.Acknowledged
        select (invocation, attempt);

    private void Require(
        bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref Sentence sentence)
    {
        if (!holds && _violations.Count < ViolationsMax)
            _violations.Add(sentence.ToString());
    }
}
