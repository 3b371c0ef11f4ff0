using System.Diagnostics.Metrics;
using System.Net;
using LiveChat.Server.Gateway;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Server.Gateway;

/// <summary>A proxy that does not choose the node by the route is noticed, and nothing else is.</summary>
public sealed class RouteWatchTests : IDisposable
{
    private const string Route = "0123456789abcdef";
    private readonly FakeTimeProvider _time = new();
    private readonly Meter _meter = new("test");

    [Theory]
    [InlineData(Route, Route, false)]
    [InlineData(Route, null, true)]
    [InlineData(Route, "", true)]
    [InlineData(Route, "192.0.2.1", true)]
    [InlineData(null, "192.0.2.1", false)]
    [InlineData("", null, false)]
    public void A_proxy_is_said_to_ignore_the_route_when_it_chose_by_something_else(
        string? route, string? chosenBy, bool isSaid)
    {
        var watch = NewWatch();
        Assert.Null(watch.State.Reason());
        watch.Look(Opening(route, chosenBy));
        Assert.Equal(isSaid, watch.State.Reason() is not null);
    }

    [Fact]
    public void It_is_said_until_ten_minutes_have_passed_without_such_a_session()
    {
        var watch = NewWatch();
        watch.Look(Opening(Route, chosenBy: null));
        _time.Advance(TimeSpan.FromMinutes(9));
        watch.Look(Opening(Route, chosenBy: null));
        _time.Advance(TimeSpan.FromMinutes(9));
        watch.Look(Opening(Route, Route));
        Assert.NotNull(watch.State.Reason());
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(watch.State.Reason());
    }

    [Fact]
    public void A_node_that_is_alone_a_client_without_a_proxy_and_a_stranger_that_plays_one_are_not_looked_at()
    {
        var alone = NewWatch(isOneOfSeveral: false);
        alone.Look(Opening(Route, chosenBy: null));
        Assert.Null(alone.State.Reason());

        var watch = NewWatch();
        watch.Look(Opening(Route, chosenBy: null, forwardedFor: null));
        watch.Look(Opening(Route, chosenBy: null, peer: "192.0.2.7"));
        Assert.Null(watch.State.Reason());
    }

    public void Dispose() => _meter.Dispose();

    private RouteWatch NewWatch(bool isOneOfSeveral = true)
    {
        var gate = new AddressGate(new ConnectionOptions(), _meter, _time, NullLogger<AddressGate>.Instance);
        return new RouteWatch(gate, isOneOfSeveral, _time);
    }

    private static DefaultHttpContext Opening(
        string? route, string? chosenBy, string? forwardedFor = "192.0.2.1", string peer = "127.0.0.1")
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        if (route is not null) context.Request.QueryString = new QueryString($"?route={route}");
        if (chosenBy is not null) context.Request.Headers[RouteWatch.Header] = chosenBy;
        if (forwardedFor is not null) context.Request.Headers["X-Forwarded-For"] = forwardedFor;
        return context;
    }
}
