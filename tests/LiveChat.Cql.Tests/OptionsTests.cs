using System.Net;
using System.Net.Sockets;
using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Tests;

/// <summary>Options that cannot be meant are refused before anything is connected.</summary>
public sealed class OptionsTests
{
    public static TheoryData<string, Action<CqlOptions>> Wrong => new()
    {
        { "no contact point", options => options.ContactPoints.Clear() },
        { "a path", options => options.ContactPoints.Add(new UnixDomainSocketEndPoint("/tmp/none")) },
        { "a user without a password", options => options.Username = "user" },
        { "a quoted keyspace", options => options.Keyspace = "a\"b" },
        { "no request at once", options => options.InFlightMax = 0 },
        { "more orphans than streams", options => options.OrphansMax = options.InFlightMax + 1 },
        { "no time", options => options.RequestTimeout = TimeSpan.Zero },
        { "more time than a timer has", options => options.ConnectTimeout = TimeSpan.FromDays(60) },
        { "a pause backwards", options => options.ReconnectDelayMin = TimeSpan.FromSeconds(-1) },
        { "a delay of nothing", options => options.SpeculativeDelay = TimeSpan.Zero },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public async Task What_cannot_be_meant_is_refused(string what, Action<CqlOptions> change)
    {
        var options = new CqlOptions { ContactPoints = { new DnsEndPoint("localhost", 1) } };
        change(options);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => CqlSession.ConnectAsync(options));
        Assert.NotEmpty(what);
    }

    [Fact]
    public void A_statement_has_some_time_and_no_negative_pages()
    {
        var statement = new SimpleStatement("SELECT v FROM t");
        Assert.Throws<ArgumentOutOfRangeException>(() => statement.Timeout = TimeSpan.Zero);
        Assert.Throws<ArgumentOutOfRangeException>(() => statement.PageSize = -1);
        Assert.Throws<ArgumentOutOfRangeException>(() => statement.SerialConsistency = Consistency.Quorum);
    }

    [Fact]
    public async Task A_name_is_written_as_people_write_it()
    {
        var options = new CqlOptions { ContactPoints = { new DnsEndPoint("localhost", 1) } };
        var error = await Assert.ThrowsAsync<CqlNoHostException>(() => CqlSession.ConnectAsync(options));
        Assert.StartsWith("No node could be reached. localhost:1: ", error.Message, StringComparison.Ordinal);
    }
}
