using LiveChat.Core.Chats;
using LiveChat.Core.FanOut;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Log;
using LiveChat.Tests.Server;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Ingest;

/// <summary>Every way in which an append can go wrong ends its command: one terminal answer, no slot lost.</summary>
public sealed class CommandEndTests
{
    private readonly FakeTimeProvider _time = new();

    private static readonly Dictionary<string, Way> Ways = new()
    {
        ["refused at once"] = new(() => throw new LogUnavailableException("full"), 0, ErrorCode.Unavailable),
        ["refused later"] = new(
            () => ValueTask.FromException<Appended>(new LogUnavailableException("full")), 0, ErrorCode.Unavailable),
        ["failed at once"] = new(() => throw new LogFailedException("broken"), 0, ErrorCode.Timeout),
        ["failed later"] = new(
            () => ValueTask.FromException<Appended>(new LogFailedException("broken")), 0, ErrorCode.Timeout),
        ["unknown at once"] = new(() => throw new AppendUnknownException("no answer"), 30, ErrorCode.Timeout),
        ["unknown later"] = new(
            () => ValueTask.FromException<Appended>(new AppendUnknownException("no answer")), 30, ErrorCode.Timeout),
        ["unknown, stopped"] = new(() => throw new AppendUnknownException("no answer"), 1, ErrorCode.Timeout)
        {
            IsStopped = true,
        },
        ["file system"] = new(() => throw new IOException("no answer"), 0, ErrorCode.Timeout) { IsUnexpected = true },
        ["rights"] = new(() => throw new UnauthorizedAccessException(), 0, ErrorCode.Timeout) { IsUnexpected = true },
        ["closed"] = new(() => throw new ObjectDisposedException("log"), 0, ErrorCode.Timeout) { IsUnexpected = true },
        ["cancelled"] = new(
            () => ValueTask.FromCanceled<Appended>(new CancellationToken(true)), 0, ErrorCode.Timeout)
        {
            IsUnexpected = true,
        },
        ["our mistake"] = new(
            () => ValueTask.FromException<Appended>(new InvalidOperationException("ours")), 0, ErrorCode.Timeout)
        {
            IsUnexpected = true,
        },
        ["never durable"] = new(() => new(new TaskCompletionSource<Appended>().Task), 30, ErrorCode.Timeout),
        ["durable, no verdict"] = new(() => ValueTask.FromResult<Appended>(default), 30, ErrorCode.Timeout),
        ["never durable, stopped"] = new(() => new(new TaskCompletionSource<Appended>().Task), 1, ErrorCode.Timeout)
        {
            IsStopped = true,
        },
        ["durable, stopped"] = new(() => ValueTask.FromResult<Appended>(default), 1, ErrorCode.Timeout)
        {
            IsStopped = true,
        },
    };

    public static TheoryData<string> Names => [.. Ways.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_append_that_goes_wrong_has_one_terminal_answer_and_gives_its_slot_back(string name)
    {
        var way = Ways[name];
        using var lines = new LineCollector();
        using var loggers = new LoggerFactory([lines]);
        await using var log = new FailingLog(new InMemoryMessageLog(1, _time), way.Append);
        var pending = Waiting.Over(
            log, _time, isStopped: _ => way.IsStopped, logger: loggers.CreateLogger<PendingCommands>());
        var session = Waiting.Session(_time, max: 1);

        Assert.Null(pending.Append(Waiting.RecordOf(5), UserId.Parse("ann"), session, 7, 0, new byte[1]));
        for (var second = 1; second <= way.Seconds; second++)
        {
            Assert.DoesNotContain(session.Frames(), static frame => frame is not Accepted);
            _time.Advance(TimeSpan.FromSeconds(1));
            pending.OnDue();
        }

        var answer = Assert.IsType<ErrorFrame>(Assert.Single(session.Frames(), static frame => frame is not Accepted));
        Assert.Equal((7u, way.Code, true), (answer.Re!.Value, answer.Problem.Code, answer.Problem.Retryable));
        Assert.Equal((0, 0), (pending.Count, session.Count));
        await pending.DrainAsync(default); // Waits for nothing: the time stands still.

        // A verdict that comes now is no second answer.
        var use = new KeyUse(5, 4, Position.Create(1, 0), new MessageId(1), 0);
        pending.Complete(5, Waiting.Chat, new DeliveryAnswer(use, Duplicate: false, Refusal: null));
        _time.Advance(TimeSpan.FromMinutes(1));
        pending.OnDue();
        Assert.Empty(session.Frames());

        Assert.Equal(way.IsUnexpected ? 1 : 0, pending.Failures);
        Assert.Equal(pending.Failures, lines.Lines.Count(static line => line.Level == LogLevel.Error));
    }

    [Fact]
    public async Task An_append_of_unknown_outcome_whose_record_appears_is_answered_with_what_became_of_it()
    {
        await using var log = new FailingLog(
            new InMemoryMessageLog(1, _time), static () => throw new AppendUnknownException("no answer"));
        var pending = Waiting.Over(log, _time);
        var session = Waiting.Session(_time, max: 1);
        Assert.Null(pending.Append(Waiting.RecordOf(5), UserId.Parse("ann"), session, 7, 0, new byte[1]));
        _time.Advance(TimeSpan.FromSeconds(20));
        pending.OnDue();
        Assert.Empty(session.Frames());
        var use = new KeyUse(5, 4, Position.Create(1, 0), new MessageId(1), 0);
        pending.Complete(5, Waiting.Chat, new DeliveryAnswer(use, Duplicate: false, Refusal: null));
        Assert.Equal(5, Assert.IsType<Ack>(Assert.Single(session.Frames())).Seq);
        Assert.Equal((0, 0L), (pending.Count, pending.Failures));
    }

    [Fact]
    public async Task Failures_of_the_same_second_are_counted_each_and_logged_once()
    {
        using var lines = new LineCollector();
        using var loggers = new LoggerFactory([lines]);
        await using var log = new FailingLog(
            new InMemoryMessageLog(1, _time), static () => throw new IOException("no answer"));
        var pending = Waiting.Over(log, _time, logger: loggers.CreateLogger<PendingCommands>());
        var session = Waiting.Session(_time, max: 1);
        for (var i = 1UL; i <= 6; i++)
        {
            if (i == 4) _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Null(pending.Append(Waiting.RecordOf(i), UserId.Parse("ann"), session, (uint)i, 0, new byte[1]));
        }

        Assert.Equal((6, 2), (pending.Failures, lines.Lines.Count));
    }

    /// <param name="Append">What the log does.</param>
    /// <param name="Seconds">After how long the answer comes.</param>
    /// <param name="Code">The answer.</param>
    private sealed record Way(Func<ValueTask<Appended>> Append, int Seconds, string Code)
    {
        public bool IsStopped { get; init; }

        public bool IsUnexpected { get; init; }
    }

    private sealed class FailingLog(IMessageLog inner, Func<ValueTask<Appended>> append) : ForwardingLog(inner)
    {
        public override ValueTask<Appended> AppendAsync(
            int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken) => append();
    }
}
