using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Chats;

/// <summary>One chat through <see cref="ChatSequencer"/>; positions and append times step by themselves.</summary>
internal sealed class ChatRun(int stepMs = 1)
{
    /// <summary>The rules by which the next records are decided.</summary>
    public IRules Rules { get; set; } = new RulesV1();

    private readonly ChatSequencer _chat = new(null);
    private int _taken;

    public ChatState State => _chat.State!;

    /// <summary>Null before the creation.</summary>
    public ChatState? StateOrNone => _chat.State;

    public ChatRun Take(Record record)
    {
        Accept(record);
        return this;
    }

    public ChatState Accept(Record record) => AcceptEvent(record).After;

    public SequencedEvent AcceptEvent(Record record) =>
        Assert.IsType<Verdict.Accepted>(Next(record)).Event;

    public void Refuse(Refusal reason, Record record)
    {
        var before = _chat.State;
        Assert.Equal(new Verdict.Refused(reason), Next(record));
        Assert.Same(before, _chat.State);
    }

    public Verdict Next(Record record)
    {
        var verdict = At(Position.Create(1, _taken), record);
        _taken++;
        return verdict;
    }

    public Verdict At(Position position, Record record) => _chat.Apply(
        Rules,
        record,
        CommandKey.Of(record),
        position,
        Records.StartMs + (_taken * (long)stepMs),
        stored: null);
}
