using LiveChat.Loads.Chats;
using LiveChat.Loads.Measuring;
using LiveChat.Loads.Pacing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Loads;

/// <summary>What is due by the clock, at a server that stands still.</summary>
public sealed class OpenLoopTests : IDisposable
{
    private const double PerSecond = 10;
    private static readonly string[] Users = ["ann", "bob"];
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(2);

    private readonly FakeTimeProvider _time = new();
    private readonly LatencyMeter _meter = new();
    private readonly LoadFaults _faults = new();
    private readonly ScriptedLine _sending = new();
    private readonly ScriptedLine _receiving = new();
    private readonly LoadDevice[] _devices;
    private readonly LoadChat _chat;

    public OpenLoopTests()
    {
        _devices =
        [
            new LiveChatDevice(_sending, LoadFrames.Chat, Users, _time),
            new LiveChatDevice(_receiving, LoadFrames.Chat, Users, _time),
        ];
        _chat = new LoadChat(_devices, new ChatLoad(1, 2, 1, InFlight: 1), place: 0, _faults, _meter, _time);
    }

    public void Dispose()
    {
        foreach (var device in _devices) device.Dispose();
        _sending.Dispose();
        _receiving.Dispose();
    }

    /// <summary>In a closed loop one message would have met the stall, and the median would not show it.</summary>
    [Fact]
    public async Task A_stall_counts_for_every_message_that_was_due_in_it()
    {
        _meter.Begin(_time.GetTimestamp());
        Start(waitingMax: 1_000);
        Assert.Single(_sending.Texts);
        _time.Advance(Stall);
        await AnswerAllAsync();

        var latencies = LatencyFigures.Of(_meter.Total());
        Assert.Equal(21, latencies.Count);
        Assert.Equal(1_000, latencies.P50, 5.0);
        Assert.Equal(2_000, latencies.Max, 5.0);
        Assert.False(_faults.Any);
    }

    [Fact]
    public async Task A_message_that_was_due_in_the_measured_time_counts_however_late_it_comes()
    {
        _meter.Begin(_time.GetTimestamp());
        Start(waitingMax: 1_000);
        _time.Advance(TimeSpan.FromSeconds(0.45));
        _meter.End(_time.GetTimestamp());
        _time.Advance(Stall);
        await AnswerAllAsync();

        Assert.Equal(5, _meter.Total().TotalCount);
        Assert.Equal(25, _meter.TakeInterval().TotalCount);
    }

    [Fact]
    public async Task What_cannot_be_held_is_given_up_and_said()
    {
        Start(waitingMax: 3);
        _time.Advance(Stall);
        Assert.Equal(20, _chat.Senders[0].WaitingAt(_time.GetTimestamp()));
        await AnswerAllAsync();

        Assert.Equal((4, 17L), (_sending.Texts.Count, _chat.Senders[0].GivenUp));
        Assert.False(_faults.Any);
    }

    private void Start(int waitingMax) => _chat.Senders[0].Start(
        new Schedule(_time.GetTimestamp(), PerSecond, _time.TimestampFrequency, waitingMax));

    /// <summary>The server goes on: it answers and delivers everything, also what is sent behind it.</summary>
    private async Task AnswerAllAsync()
    {
        for (var i = 0; i < _sending.Texts.Count; i++)
        {
            _receiving.Say(LoadFrames.Push(i + 2, _sending.Texts[i]));
            _sending.Say(LoadFrames.Ack(_sending.Sent[i].GetProperty("id").GetUInt32(), i + 2));
            await _devices[1].ReadAsync(CancellationToken.None);
            await _devices[0].ReadAsync(CancellationToken.None);
        }

        _chat.Senders[0].Stop();
        _chat.CountLosses();
    }
}
