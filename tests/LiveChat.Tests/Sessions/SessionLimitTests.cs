using LiveChat.Core.Nodes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>Which sessions of a user go when there are too many, and what they are told.</summary>
public sealed class SessionLimitTests
{
    private const int Max = 3;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    [Fact]
    public async Task A_device_that_comes_again_and_again_closes_its_own_old_sessions_and_no_other()
    {
        await using var node = await StartAsync();
        var desktop = await ConnectAsync(node, "desktop");
        var flapping = new List<TestDevice>();
        for (var i = 0; i < 4 * Max; i++)
        {
            await node.TurnAsync(1);
            flapping.Add(await ConnectAsync(node, "mobile"));
        }

        Assert.Null(desktop.Connection.Outbox.Closed);
        foreach (var old in flapping[..^(Max - 1)])
        {
            var goodbye = await old.GoodbyeAsync();
            Assert.Equal(((int)CloseCode.ConnectionLimit, false), (goodbye.Code, goodbye.Reconnect));
        }

        foreach (var young in flapping[^(Max - 1)..]) Assert.Null(young.Connection.Outbox.Closed);
    }

    [Fact]
    public async Task Of_other_devices_the_one_that_is_silent_longest_goes_and_may_come_back()
    {
        await using var node = await StartAsync();
        var first = await ConnectAsync(node, "first");
        await node.TurnAsync(1);
        var second = await ConnectAsync(node, "second");
        await node.TurnAsync(1);
        var third = await ConnectAsync(node, "third");
        await node.TurnAsync(1);
        await first.SendAsync(new Pong());

        await ConnectAsync(node, "fourth");
        var goodbye = await second.GoodbyeAsync();
        Assert.Equal(((int)CloseCode.Displaced, true), (goodbye.Code, goodbye.Reconnect));
        Assert.True(goodbye.AfterMs > 0);
        Assert.Null(first.Connection.Outbox.Closed);
        Assert.Null(third.Connection.Outbox.Closed);
    }

    [Fact]
    public async Task Devices_without_a_name_are_not_the_same_one()
    {
        await using var node = await StartAsync();
        var first = await ConnectAsync(node, null);
        for (var i = 0; i < Max; i++)
        {
            await node.TurnAsync(1);
            await ConnectAsync(node, null);
        }

        Assert.Equal((int)CloseCode.Displaced, (await first.GoodbyeAsync()).Code);
    }

    [Fact]
    public async Task Those_that_are_closed_already_are_not_counted_however_long_they_take_to_go()
    {
        await using var node = await StartAsync();
        var devices = new List<TestDevice>();
        for (var i = 0; i < 3 * Max; i++) devices.Add(await ConnectAsync(node, $"d{i}"));
        Assert.Equal(Max, devices.Count(static device => device.Connection.Outbox.Closed is null));
    }

    private Task<TestNode> StartAsync() => TestNode.StartAsync(
        _time, new NodeOptions { Sessions = new SessionOptions { DevicesMax = Max, SilenceSeconds = 600 } });

    private static async Task<TestDevice> ConnectAsync(TestNode node, string? device)
    {
        var opened = node.Open();
        await opened.ConnectAsync("ann", device: device);
        return opened;
    }
}
