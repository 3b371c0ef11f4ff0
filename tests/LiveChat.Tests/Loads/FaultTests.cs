using LiveChat.Loads;
using LiveChat.Loads.Chats;
using LiveChat.Loads.Measuring;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static LiveChat.Tests.Loads.LoadFrames;

namespace LiveChat.Tests.Loads;

/// <summary>Everything that a server may do wrong with a message is found, and what it may do is no fault.</summary>
public sealed class FaultTests
{
    private const int Messages = 4;
    private static readonly string[] Users = ["ann", "bob"];
    private static readonly ChatLoad Load = new(Chats: 1, Members: 2, Senders: 1, InFlight: Messages);

    /// <summary>A fault, what the receiver's server makes of the four texts, and the counts of the report.</summary>
    private static readonly Dictionary<string, (Func<IReadOnlyList<string>, IEnumerable<string>> Says, string Found)>
        Table = new()
        {
            ["nothing"] = (static texts => All(texts), "0 0 0 0 0 0"),
            ["several in one message"] = (static texts => [string.Join('\n', All(texts))], "0 0 0 0 0 0"),
            ["other events between"] = (
                static texts => [Push(2, texts[0]), MemberAdded(3), .. Numbered(4, texts.Skip(1))], "0 0 0 0 0 0"),
            ["the last one is lost"] = (static texts => All(texts).SkipLast(1), "0 0 0 0 0 1"),
            ["all are lost"] = (static _ => [], "0 0 0 0 0 4"),
            ["the first one is lost"] = (static texts => Numbered(2, texts.Skip(1)), "0 1 0 0 0 0"),
            ["one is lost without a hole"] = (
                static texts => Numbered(2, [texts[0], texts[1], texts[3]]), "0 1 0 0 0 0"),
            ["one is lost and leaves a hole"] = (
                static texts => [Push(2, texts[0]), Push(3, texts[1]), Push(5, texts[3])], "0 0 1 0 0 2"),
            ["one comes twice"] = (
                static texts => [Push(2, texts[0]), Push(2, texts[0]), .. Numbered(3, texts.Skip(1))], "1 0 0 0 0 0"),
            ["one is stored twice"] = (
                static texts => Numbered(2, [texts[0], texts[0], .. texts.Skip(1)]), "1 0 0 0 0 0"),
            ["two change places"] = (
                static texts => Numbered(2, [texts[0], texts[2], texts[1], texts[3]]), "1 1 0 0 0 0"),
            ["two frames change places"] = (
                static texts =>
                    [Push(2, texts[0]), Push(4, texts[2]), Push(3, texts[1]), Push(4, texts[2]), Push(5, texts[3])],
                "0 0 1 0 0 0"),
            ["a text is altered"] = (
                static texts => Numbered(2, [.. texts.SkipLast(1), texts[3].Replace("xxx", "xyx")]), "0 0 0 1 0 1"),
            ["a number is altered"] = (
                static texts => Numbered(2, [.. texts.SkipLast(1), $"@9{texts[3][2..]}"]), "0 0 0 1 0 1"),
            ["a text is gone"] = (static texts => Numbered(2, [.. texts.SkipLast(1), ""]), "0 0 0 1 0 1"),
            ["another sender"] = (
                static texts => [.. All(texts).SkipLast(1), Push(5, texts[3], sender: "eve")], "0 0 0 0 1 0"),
            ["another chat"] = (
                static texts => [.. All(texts).SkipLast(1), Push(5, texts[3], chat: "7302")], "0 0 0 0 1 0"),
        };

    public static TheoryData<string> Names => [.. Table.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_fault_is_found(string name)
    {
        var (says, found) = Table[name];
        using var sending = new ScriptedLine();
        using var receiving = new ScriptedLine();
        var faults = await RunAsync(sending, receiving, texts => receiving.Say([Created(1), .. says(texts)]));

        Assert.Equal(found, Counts(faults));
        Assert.Equal(found != "0 0 0 0 0 0", faults.Any);
    }

    /// <summary>A server whose outbox is full, or whose chat is large, says a head in place of events.</summary>
    [Fact]
    public async Task Behind_a_head_the_events_are_pulled_and_nothing_is_a_fault()
    {
        IReadOnlyList<string> all = [];
        using var sending = new ScriptedLine();
        using var receiving = new ScriptedLine
        {
            Answer = frame => frame.GetProperty("data").GetProperty("after_seq").GetInt64() switch
            {
                2 => Page(Item(3, all[1]), Item(4, all[2])),
                4 => Page(Item(5, all[3])),
                var other => throw new InvalidOperationException($"It pulls what is behind {other}."),
            },
        };
        var faults = await RunAsync(sending, receiving, texts =>
        {
            all = texts;
            receiving.Say(Created(1), Push(2, texts[0]), Head(4), Push(5, texts[3]), Push(4, texts[2]));
        });

        Assert.Equal("0 0 0 0 0 0", Counts(faults));
        Assert.Equal(2, receiving.Sent.Count);
    }

    [Fact]
    public async Task Of_a_page_the_texts_and_the_senders_are_checked_too()
    {
        using var sending = new ScriptedLine();
        using var receiving = new ScriptedLine();
        var faults = await RunAsync(sending, receiving, texts =>
        {
            receiving.Say(Created(1), Head(5));
            receiving.Say(Page(
                Item(2, texts[0]), Item(3, texts[1], sender: "eve"), Item(4, texts[2].Replace("xxx", "xyx"))));
        });

        Assert.Equal("0 0 0 1 1 2", Counts(faults));
    }

    [Fact]
    public async Task A_refused_message_ends_the_load_with_the_reason()
    {
        using var sending = new ScriptedLine();
        using var receiving = new ScriptedLine();
        sending.Say("{\"type\":\"error\",\"re\":4,\"data\":{\"code\":\"rate_limited\",\"title\":\"Too fast.\","
            + "\"status\":429,\"retryable\":true,\"retry_after_ms\":50}}");
        var refused = await Assert.ThrowsAsync<LoadException>(() => RunAsync(sending, receiving, static _ => { }));

        Assert.Equal((LoadFailure.TooFast, "Too fast (rate_limited)"), (refused.Failure, refused.Message));
    }

    /// <summary>Sends four messages, lets the receiver read what the server makes of them, and counts.</summary>
    private static async Task<LoadFaults> RunAsync(
        ScriptedLine sending, ScriptedLine receiving, Action<IReadOnlyList<string>> say)
    {
        var time = new FakeTimeProvider();
        LoadDevice[] devices =
            [new LiveChatDevice(sending, Chat, Users, time), new LiveChatDevice(receiving, Chat, Users, time)];
        var faults = new LoadFaults();
        var chat = new LoadChat(devices, Load, place: 0, faults, new LatencyMeter(), time);
        chat.Senders[0].Start(schedule: null);
        Assert.Equal(Messages, sending.Texts.Count);
        chat.Senders[0].Stop();
        say(sending.Texts);
        await devices[1].ReadAsync(CancellationToken.None);
        await devices[0].ReadAsync(CancellationToken.None);
        chat.CountLosses();
        return faults;
    }

    private static string Counts(LoadFaults faults) =>
        $"{faults.Repeated} {faults.Early} {faults.Disordered} {faults.Altered} {faults.Misattributed} {faults.Lost}";
}
