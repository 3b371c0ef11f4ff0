using System.Net;
using System.Net.Sockets;
using LiveChat.Cluster.Links;
using LiveChat.Core.Links;
using Xunit;

namespace LiveChat.Cluster.Tests.Links;

/// <summary>Every way in which a link is refused or ends by what is said on it: <c>livechat doctor</c> finds it, both
/// nodes log a sentence, and a link that was there goes on.</summary>
public sealed class LinkRefusalTests : IAsyncLifetime
{
    private static readonly LinkHello Called = new()
    {
        Node = "called", Cluster = "c", Partitions = 16, RulesLowest = 2, RulesHighest = 3, Incarnation = 1,
    };

    private static readonly LinkHello Caller = new(Called) { Node = "caller", Incarnation = 2 };

    /// <summary>What is wrong, and what both say of it; null where the called node does not hear of it.</summary>
    private static readonly Dictionary<string, Row> Rows = new()
    {
        ["another secret"] = new("does not know the secret", "does not know the secret")
        {
            Change = static (options, nodes) => options with { SecretFile = nodes.NewSecret() },
        },
        ["another cluster"] = new("belongs to another cluster", "belongs to another cluster")
        {
            Hello = new(Caller) { Cluster = "d" },
        },
        ["a build that is too old"] = new("build 0.1 of the node caller is too old", "is too old")
        {
            Hello = new(Caller) { Build = "0.1", RulesLowest = 1, RulesHighest = 1 },
        },
        ["a build that is too new"] = new("build 9.0 of the node caller is too new", "is too new")
        {
            Hello = new(Caller) { Build = "9.0", RulesLowest = 4, RulesHighest = 5 },
        },
        ["a name in use"] = new("The node name called is in use", "is in use by another server")
        {
            Hello = new(Called) { Incarnation = 3 },
        },
        ["another log"] = new("sees 8 partitions of the log", "sees 8 partitions")
        {
            Hello = new(Caller) { Partitions = 8 },
        },
        ["another node at the address"] = new("called answers at", "called answers at")
        {
            Entry = static port => LinkedNodes.EntryOf("somebody", port),
        },
        ["nothing at the address"] = new("cannot be called", null)
        {
            Entry = static _ => LinkedNodes.EntryOf("called", 1),
        },
    };

    private readonly LinkedNodes _nodes = new();

    public static TheoryData<string> Names => [.. Rows.Keys];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Doctor_finds_it_and_both_nodes_say_it(string name)
    {
        var row = Rows[name];
        var (called, good) = await StartAsync();
        await using var _ = good;
        var (entry, hello) = (row.Entry(called.Port), row.Hello);
        LinkOptions options = new() { Listen = "localhost:0", SecretFile = _nodes.Secret };
        var wrong = row.Change(options, _nodes);

        // Of a name in use the registry tells doctor: no server calls itself.
        if (hello.Node != entry.Name)
        {
            var found = Assert.Single(await LinkDoctor.LookAsync(wrong, [entry], hello, TimeProvider.System, Token));
            Assert.Equal((ServiceVerdict.Refused, $"link {entry.Name}"), (found.Verdict, found.Name));
            Assert.Contains(row.Says, found.Found, StringComparison.Ordinal);
            Assert.NotNull(found.Advice);
        }

        var caller = await _nodes.OpenAsync(_ => wrong);
        var refused = await Assert.ThrowsAnyAsync<Exception>(async () => await caller.CallAsync(entry, hello, Token));
        Assert.True(refused is LinkRefusedException or IOException, $"{refused}"); // The caller logs either.
        Assert.Contains(row.Says, refused.Message, StringComparison.Ordinal);
        if (row.Hears is { } hears) await _nodes.Heard.UntilAsync("Warning: Refused a link from", hears);
        await AnswersAsync(good);
    }

    [Fact]
    public async Task A_beginning_of_another_version_is_refused_with_a_sentence()
    {
        var (called, good) = await StartAsync();
        await using var _ = good;
        await using var forged = new LinkForger(called.Port);
        const string Says = "begins calls in version 9";
        Assert.Contains(Says, await forged.OpenAsync(version: 9), StringComparison.Ordinal);
        await _nodes.Heard.UntilAsync("Warning: Refused a link from", Says);
        await AnswersAsync(good);
    }

    [Fact]
    public async Task A_node_that_says_nothing_is_given_up_and_one_that_is_well_is_found_well()
    {
        var (called, good) = await StartAsync();
        await using var _ = good;
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var quiet = LinkedNodes.EntryOf("quiet", ((IPEndPoint)silent.LocalEndpoint).Port, "127.0.0.1");
        var gone = quiet with { Name = "gone", Age = NodeEntry.LiveFor * 2 };
        var found = await LinkDoctor.LookAsync(
            new LinkOptions { Listen = "localhost:0", SecretFile = _nodes.Secret },
            [quiet, LinkedNodes.EntryOf("called", called.Port), gone],
            new LinkHello(Caller) { Partitions = 0 },
            TimeProvider.System,
            Token);
        Assert.Equal(["link called", "link quiet"], found.Select(static one => one.Name));
        Assert.Equal([ServiceVerdict.Good, ServiceVerdict.Refused], found.Select(static one => one.Verdict));
        Assert.Contains("does not answer within 5 s", found[1].Found, StringComparison.Ordinal);
        await _nodes.Heard.UntilAsync("doctor of caller asked");
        await AnswersAsync(good);
    }

    [Fact]
    public async Task Links_that_a_server_could_not_open_are_found_without_asking_anybody()
    {
        var found = Assert.Single(await LinkDoctor.LookAsync(
            new LinkOptions { Listen = "localhost:0" }, [], Caller, TimeProvider.System, Token));
        Assert.Equal(ServiceVerdict.Refused, found.Verdict);
        Assert.Contains("need a secret or certificates", found.Advice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("damaged", 3)]
    [InlineData("endless", 5 * 1024 * 1024)]
    public async Task A_frame_that_cannot_be_read_ends_its_link_and_both_are_told(string kind, int length)
    {
        var (called, good) = await StartAsync();
        await using var _ = good;
        var bytes = new byte[length];
        Array.Fill(bytes, byte.MaxValue);
        await using var forged = new LinkForger(called.Port);
        var told = await forged.SendAsync(
            LinkedNodes.EntryOf("called", called.Port), new LinkHello(Caller) { Node = kind }, _nodes.Secret, bytes);
        Assert.NotEmpty(told);
        await _nodes.Heard.UntilAsync("Warning", $"The link of {kind} ended", told);
        await AnswersAsync(good);
    }

    /// <summary>A node that echoes, and a link to it.</summary>
    private async Task<(GrpcLinks Called, ILinkCall Good)> StartAsync()
    {
        var called = await _nodes.OpenAsync();
        called.Listen(Called, static async (call, token) =>
        {
            while (await call.ReadAsync(token) is { } frame) Assert.True(call.TryWrite(frame));
        });
        var good = await (await _nodes.OpenAsync()).CallAsync(
            LinkedNodes.EntryOf("called", called.Port), new LinkHello(Caller) { Node = "good" }, Token);
        return (called, good);
    }

    private static async Task AnswersAsync(ILinkCall call)
    {
        var frame = new LinkFrame { Barrier = new BarrierAsk { Counter = 7 } };
        Assert.True(call.TryWrite(frame));
        Assert.Equal(frame, await call.ReadAsync(Token).AsTask().WaitAsync(TimeSpan.FromMinutes(2), Token));
    }

    private sealed record Row(string Says, string? Hears)
    {
        public LinkHello Hello { get; init; } = Caller;

        public Func<LinkOptions, LinkedNodes, LinkOptions> Change { get; init; } = static (options, _) => options;

        public Func<int, NodeEntry> Entry { get; init; } = static port => LinkedNodes.EntryOf("called", port);
    }
}
