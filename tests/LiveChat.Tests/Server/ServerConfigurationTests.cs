using LiveChat.Core.Ingest;
using LiveChat.Server.Hosting;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>The command line of the server: what is taken, and what is no option.</summary>
public sealed class ServerConfigurationTests
{
    [Theory]
    [InlineData("--listen", "https://127.0.0.1:0", "Listen is https://127.0.0.1:0, and the server speaks no TLS")]
    [InlineData("--internal", "HTTPS://127.0.0.1:0", "Internal is HTTPS://127.0.0.1:0, and the server speaks no TLS")]
    [InlineData("--listen", "127.0.0.1:8080", "Listen is 127.0.0.1:8080: write an address such as")]
    public void An_address_that_cannot_be_listened_on_is_named_with_what_to_do(
        string option, string address, string sentence)
    {
        var refused = Assert.Throws<InvalidDataException>(() => ServerConfiguration.Read([option, address]));
        Assert.StartsWith(sentence, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Switches_and_long_names_are_read_with_the_value_behind_or_after_a_sign()
    {
        var options = ServerConfiguration.Read(
        [
            "--data", "here", "--listen=http://127.0.0.1:1/?a=b", "--dev", "--LiveChat:Partitions", "4",
            "--livechat:ingest:chatsStartedBy=ServerKeys", "--LiveChat:Origins:0=https://chat.example",
            "--LiveChat:Workers:CommitEvery=00:00:02",
        ]);
        Assert.Equal(("here", "http://127.0.0.1:1/?a=b", 4), (options.Data, options.Listen, options.Partitions));
        Assert.True(options.Development);
        Assert.Equal(ChatStarters.ServerKeys, options.Ingest.ChatsStartedBy);
        Assert.Equal(["https://chat.example"], options.Origins);
        Assert.Equal(TimeSpan.FromSeconds(2), options.Workers.CommitEvery);
        Assert.Equal("livechat-data", ServerConfiguration.Read([]).Data);
    }

    [Theory]
    [InlineData("There is no option --partitons: livechat serve --help lists them.", "--partitons", "4")]
    [InlineData("There is no option --bogus: livechat serve --help lists them.", "--bogus=3")]
    [InlineData("There is no option data: livechat serve --help lists them.", "data")]
    [InlineData("There is no option LiveChat:Sessions:PingSecond: docs/CONFIG.md lists them.",
        "--LiveChat:Sessions:PingSecond=3")]
    [InlineData("There is no option LiveChat:Listen:Address: docs/CONFIG.md lists them.",
        "--LiveChat:Listen:Address=x")]
    [InlineData("LiveChat:Origins has no value of its own: see docs/CONFIG.md.", "--LiveChat:Origins=https://x")]
    [InlineData("LiveChat:Ingest has no value of its own: see docs/CONFIG.md.", "--LiveChat:Ingest=ServerKeys")]
    [InlineData("--data needs a value.", "--data")]
    [InlineData("--data needs a value.", "--data", "--listen", "http://127.0.0.1:0")]
    [InlineData("--LiveChat:Data needs a value.", "--LiveChat:Data")]
    public void What_is_no_option_or_has_no_value_is_refused(string sentence, params string[] args) =>
        Assert.Equal(sentence, Assert.Throws<InvalidDataException>(() => ServerConfiguration.Read(args)).Message);

    [Theory]
    [InlineData("LiveChat:Partitions", "--partitions", "many")]
    [InlineData("PingSeconds", "--LiveChat:Sessions:PingSeconds=0")]
    [InlineData("Data", "--data", "")]
    [InlineData("LiveChat:Ingest:ChatsStartedBy", "--LiveChat:Ingest:ChatsStartedBy=ServerKeyz")]
    public void A_value_that_cannot_be_is_refused_by_name(string named, params string[] args)
    {
        var sentence = Assert.Throws<InvalidDataException>(() => ServerConfiguration.Read(args)).Message;
        Assert.Contains(named, sentence, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', sentence);
    }
}
