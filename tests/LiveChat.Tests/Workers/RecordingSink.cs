using System.Collections.Concurrent;
using LiveChat.Core.Chats;
using LiveChat.Core.Workers;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Workers;

/// <summary>Writes down what was handed over, one line each, and lets a test wait for a number of answers.</summary>
internal sealed class RecordingSink : IDeliverySink, IDisposable
{
    private readonly ConcurrentQueue<(ulong Chat, string Line, SequencedEvent? Event)> _lines = new();
    private readonly SemaphoreSlim _answers = new(0);

    public IReadOnlyList<string> Lines => [.. _lines.Select(line => line.Line)];

    public IReadOnlyList<SequencedEvent> Events => [.. _lines.Select(line => line.Event).OfType<SequencedEvent>()];

    public IReadOnlyList<string> LinesOf(ulong chat) =>
        [.. _lines.Where(line => line.Chat == chat).Select(line => line.Line)];

    /// <summary>Every hand-over ends only with this.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public ValueTask HandAsync(RecordOutcome outcome, CancellationToken cancellationToken)
    {
        if (outcome.Event is { } chatEvent) Deliver(chatEvent, outcome.Content);
        Answer(outcome.Record, outcome.Answer);
        return Gate.IsCompletedSuccessfully ? ValueTask.CompletedTask : new(Gate.WaitAsync(cancellationToken));
    }

    private void Deliver(SequencedEvent chatEvent, ContentFate content) => _lines.Enqueue((
        chatEvent.Record.Chat,
        $"event {chatEvent.After.Seq}{(content is ContentFate.Shown ? "" : $" {content}")}",
        chatEvent));

    private void Answer(Record record, DeliveryAnswer answer)
    {
        var line = answer switch
        {
            { Use: { } use, Duplicate: false } => $"ack {use.Seq}",
            { Use: { } use } => $"duplicate of {use.Seq}",
            { Refusal: { } reason } => $"refused {reason}",
            _ => "refused",
        };
        _lines.Enqueue((record.Chat, line, null));
        _answers.Release();
    }

    public void Dispose() => _answers.Dispose();

    public async Task AnsweredAsync(int count)
    {
        for (var i = 0; i < count; i++)
            Assert.True(await _answers.WaitAsync(TimeSpan.FromSeconds(20)), "The answer did not come.");
    }
}
