using System.Globalization;
using LiveChat.Core.Log;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Log;
using LiveChat.Tests.Running;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>Devices that come while history has stopped in a part of the log, which goes on later.</summary>
public sealed class StragglerTests : IAsyncLifetime
{
    private static readonly int[] All = [0, 1, 2, 3];

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private TestNode _node = null!;
    private MovableReader _history = null!;
    private TestDevice _bob = null!;
    private string _chat = "";
    private int _partition;

    /// <summary>A chat of Bob and Ann, in a part of the log in which history is told to stop.</summary>
    public async ValueTask InitializeAsync() =>
        await SetUp.OrEndAsync(this, static test => test.StartAsync());

    public async ValueTask DisposeAsync()
    {
        await _bob.DisposeAsync();
        await _node.DisposeAsync();
        await _history.DisposeAsync();
    }

    [Fact]
    public async Task A_device_that_resumed_is_told_the_head_once_history_has_passed_what_was_there()
    {
        await PassAsync(70, _bob);
        var nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var since = await _node.SinceAsync(nowMs);
        await _node.TurnAsync(1);
        var missed = await StopHistoryBehindAsync("while you were away");

        var ann = await _node.ConnectAsync("ann", since);
        Assert.Equal("recovered", ann.Ready.Resume);
        await PassAsync(95, ann);

        // Its position stays where it was in this part of the log, and in no other.
        var held = PingedOf(ann);
        Assert.Equal(nowMs, held.TimeOf(_partition));
        Assert.All(All.Where(one => one != _partition), one => Assert.True(held.TimeOf(one) > nowMs));

        await GoOnAsync();
        Assert.Equal(missed.Seq, (await ann.NextAsync<ChatHeadFrame>()).Seq);
        await PassAsync(35, ann);
        Assert.True(PingedOf(ann).TimeOf(_partition) > nowMs);
    }

    [Fact]
    public async Task A_device_that_came_afresh_is_told_to_begin_again()
    {
        await StopHistoryBehindAsync("before you came");
        var ann = await _node.ConnectAsync("ann");
        var sync = Assert.IsType<Sync>(await _node.WhileTimeMovesAsync(ann.AskAsync(new SyncGet())));
        Assert.Equal(1, Assert.Single(sync.Items).HeadSeq);
        Assert.True(TestNode.Seal.TryRead(sync.Since, out var since));
        Assert.True(since.IsNothing || since.TimeOf(_partition) == 0);
        await GoOnAsync();
        Assert.Equal((int)CloseCode.StateInvalidated, (await ann.NextAsync<Goodbye>()).Code);
    }

    private async Task StartAsync()
    {
        _node = await TestNode.StartAsync(_time, change: ports => ports with
        {
            ReaderOf = group => group == ConsumerGroups.HistoryWriters
                ? _history = new MovableReader((IWaitingLog)ports.Log, group)
                : ports.ReaderOf(group),
        });
        await _node.RunAsync(() => _history.AssignAsync(All));
        _bob = await _node.ConnectAsync("bob");
        _chat = await _bob.CreateAsync("ann");
        _partition = Partitioner.PartitionOf(new ChatId(ulong.Parse(_chat, CultureInfo.InvariantCulture)), All.Length);
        Assert.True(await _node.WhileTimeMovesAsync(_node.Node.CatchUpAsync(default)));
    }

    /// <summary>A message that everybody connected is told, and that history does not have.</summary>
    private async Task<Ack> StopHistoryBehindAsync(string text)
    {
        await _node.RunAsync(() => _history.RevokeAsync(isLost: false, _partition));
        var said = await _bob.AckAsync(_bob.Message(_chat, text));
        _history.Trimmed = _partition;
        await _node.RunAsync(() => _history.AssignAsync(_partition));
        Assert.True(await _node.WhileTimeMovesAsync(_node.Node.CatchUpAsync(default)));
        return said;
    }

    private async Task GoOnAsync()
    {
        _history.Trimmed = null;
        await _node.RunAsync(() => _history.RevokeAsync(isLost: false, _partition));
        await _node.RunAsync(() => _history.AssignAsync(_partition));
        await _node.TurnAsync(12);
    }

    /// <summary>Lets time pass; the devices answer every ping.</summary>
    private async Task PassAsync(int seconds, params TestDevice[] devices)
    {
        for (var passed = 0; passed < seconds; passed += 5)
        {
            await _node.TurnAsync(5);
            foreach (var device in devices) await device.SendAsync(new Pong());
        }
    }

    /// <summary>The position of the last ping.</summary>
    private static Since PingedOf(TestDevice device)
    {
        device.Read();
        Assert.True(TestNode.Seal.TryRead(device.Heard.OfType<Ping>().Last().Since, out var since));
        return since;
    }
}
