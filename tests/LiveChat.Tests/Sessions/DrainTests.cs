using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Log;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>A node that goes away tells everybody, whatever they do.</summary>
public sealed class DrainTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    [Fact]
    public async Task Every_connection_is_told_also_one_that_has_not_signed_in_and_one_that_connects_meanwhile()
    {
        var released = new TaskCompletionSource();
        var window = TimeSpan.FromSeconds(20);
        await using var node = await TestNode.StartAsync(
            _time,
            new NodeOptions { DrainWindow = window },
            change: ports => ports with { Log = new HeldLog(ports.Log, released.Task) });
        var ann = await node.ConnectAsync("ann");
        var silent = node.Open();
        var late = node.Open();
        await ann.SendAsync(new ChatCreate { Id = 7, ClientId = ann.Key(), Direct = "bob" });

        // The command has no answer, so the node waits for it before it says goodbye.
        var draining = node.Node.DrainAsync(CancellationToken.None);
        Assert.False(draining.IsCompleted);
        Assert.Null(node.Node.TryOpen());
        await late.SendAsync(new Connect { Id = 1, Token = "late" });
        Assert.Equal(ErrorCode.Draining, (await late.NextAsync<ErrorFrame>()).Problem.Code);
        for (var part = 0; part < 100 && !draining.IsCompleted; part++)
        {
            await node.PartAsync();
            await Task.Yield();
        }

        await draining;
        foreach (var device in (TestDevice[])[ann, silent, late])
        {
            var goodbye = await device.GoodbyeAsync();
            Assert.Equal(((int)CloseCode.Draining, true), (goodbye.Code, goodbye.Reconnect));
            Assert.InRange(goodbye.AfterMs!.Value, 0, (int)window.TotalMilliseconds);
        }

        released.SetResult();
    }

    [Fact]
    public async Task They_come_back_spread_over_the_window()
    {
        await using var node = await TestNode.StartAsync(_time);
        var devices = Enumerable.Range(0, 20).Select(_ => node.Open()).ToList();
        await node.Node.DrainAsync(CancellationToken.None);
        var after = new HashSet<int?>();
        foreach (var device in devices) after.Add((await device.GoodbyeAsync()).AfterMs);
        Assert.True(after.Count > 10, string.Join(' ', after));
    }

    /// <summary>Takes what is appended, and does nothing with it until it is released.</summary>
    private sealed class HeldLog(IMessageLog inner, Task released) : ForwardingLog(inner)
    {
        public override async ValueTask<Appended> AppendAsync(
            int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken)
        {
            await released;
            return await base.AppendAsync(partition, record, cancellationToken);
        }
    }
}
