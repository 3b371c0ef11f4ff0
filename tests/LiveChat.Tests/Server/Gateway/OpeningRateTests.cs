using System.Diagnostics.Metrics;
using System.Net;
using LiveChat.Client;
using LiveChat.Protocol;
using LiveChat.Server.Gateway;
using LiveChat.Tests.Server.Transports;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Server.Gateway;

/// <summary>How fast a node takes connections, and that all who are postponed get in.</summary>
public sealed class OpeningRateTests
{
    public static TheoryData<string> Transports => TransportDevice.Names;

    [Theory]
    [InlineData(500, 500)]
    [InlineData(500, 2_000)]
    [InlineData(100, 50)]
    public void Ten_thousand_at_once_are_taken_at_the_rate_and_all_get_in(int perSecond, int burst)
    {
        const int Clients = 10_000;
        var time = new FakeTimeProvider();
        using var meter = new Meter("LiveChat.Core.Tests.Opening");
        var rate = new OpeningRate(
            new ConnectionOptions { OpensPerSecond = perSecond, OpensBurst = burst }, meter, time);
        var comeAt = new PriorityQueue<int, TimeSpan>(
            Enumerable.Range(0, Clients).Select(static client => (client, TimeSpan.Zero)));
        var now = TimeSpan.Zero;
        var taken = new List<TimeSpan>();
        var tries = 0;
        while (comeAt.TryDequeue(out var client, out var at))
        {
            Assert.True(++tries < Clients * 20, $"{taken.Count} of {Clients} are in after {now}.");
            if (at > now) time.Advance(at - now);
            now = at > now ? at : now;
            if (rate.Take() is not { } refusal)
            {
                taken.Add(now);
                continue;
            }

            Assert.Equal((ErrorCode.RateLimited, 429), (refusal.Code, refusal.Status));
            Assert.InRange(refusal.RetryAfterMs!.Value, 1_000, 60_000);

            // Over HTTP the time is told in whole seconds.
            comeAt.Enqueue(client, now + TimeSpan.FromSeconds((refusal.RetryAfterMs.Value + 999) / 1_000));
        }

        Assert.Equal(Clients, taken.Count);
        foreach (var second in taken.GroupBy(static at => (int)at.TotalSeconds))
            Assert.InRange(second.Count(), 1, burst + perSecond);
        Assert.InRange(taken[^1].TotalSeconds, 1, (2.0 * Clients / Math.Min(perSecond, burst)) + 120);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task One_connection_too_many_is_told_when_to_come_back_over_every_transport(string transport)
    {
        await using var server = await TestServer.StartAsync(
            TestServer.NewFolder(),
            "--LiveChat:Connections:OpensPerSecond=1",
            "--LiveChat:Connections:OpensBurst=1");
        for (var tries = 0; ; tries++)
        {
            Assert.True(tries < 1_000, "Nobody is refused.");
            if (await RefusalAsync(server, transport) is not { } refusal) continue;
            Assert.Equal((int)HttpStatusCode.TooManyRequests, refusal.Status);
            Assert.InRange(refusal.RetryAfter!.Value.TotalSeconds, 1, 60);
            break;
        }
    }

    private static async Task<TransportException?> RefusalAsync(TestServer server, string transport)
    {
        try
        {
            await using var device = await TransportDevice.OpenAsync(server, transport);
            await device.SendAsync("{}");
            return null;
        }
        catch (TransportException refused)
        {
            return refused;
        }
    }
}
