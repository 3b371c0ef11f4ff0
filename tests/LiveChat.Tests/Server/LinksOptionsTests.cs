using LiveChat.Core.Links;
using LiveChat.Server.Hosting;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>Options of a server among several: each contradiction is refused with what to do.</summary>
public sealed class LinksOptionsTests
{
    private const string Listening = "listening";

    private static readonly string[] OnCassandra =
    [
        "--LiveChat:Log:Kind=Kafka", "--LiveChat:Log:Brokers=a:9092", "--LiveChat:Store:Kind=Cassandra",
        "--LiveChat:Store:ContactPoints=a", "--LiveChat:Tokens:SecretFile=s",
    ];

    [Theory]
    [InlineData("LiveChat:Node:Name is for several servers: set LiveChat:Store:Kind=Cassandra", false,
        "--LiveChat:Node:Name=a")]
    [InlineData("LiveChat:Links:SecretFile is for several servers", false, "--LiveChat:Links:SecretFile=s")]
    [InlineData("set it to All, or to some of Gateway, Delivery and History", true, "--LiveChat:Node:Roles=None")]
    [InlineData("set it to All, or to some of Gateway, Delivery and History", true, "--LiveChat:Node:Roles=9")]
    [InlineData("no other server can do the rest: set LiveChat:Links:Listen", true,
        "--LiveChat:Node:Roles=Gateway,History")]
    [InlineData("LiveChat:Links:SecretFile is set and LiveChat:Links:Listen is not", true,
        "--LiveChat:Links:SecretFile=s")]
    [InlineData("Listen is 7400, which is not an address", true, "--LiveChat:Links:Listen=7400")]
    [InlineData("Listen is http://a:7400, which is not an address", true, "--LiveChat:Links:Listen=http://a:7400")]
    [InlineData("which no other server can reach: set LiveChat:Links:Announce", true, "--LiveChat:Links:Listen=*:7400")]
    [InlineData("Announce is 0.0.0.0:7400, which no other server can reach", true, Listening,
        "--LiveChat:Links:Announce=0.0.0.0:7400")]
    [InlineData("Announce is a:0, which no other server can reach", true, Listening, "--LiveChat:Links:Announce=a:0")]
    [InlineData("anybody could link: set LiveChat:Links:SecretFile", true, Listening)]
    [InlineData("which is not there: openssl rand -hex 32 makes a secret", true, Listening,
        "--LiveChat:Links:SecretFile=/none")]
    [InlineData("CertificateAuthority is not: name the authority", true, Listening, "--LiveChat:Links:Tls=true")]
    [InlineData("this server has no certificate", true, Listening, "--LiveChat:Links:Tls=true",
        "--LiveChat:Links:CertificateAuthority=a", "--LiveChat:Links:Certificate=c")]
    [InlineData("Certificate names /none.pem, which is not there", true, Listening, "--LiveChat:Links:Tls=true",
        "--LiveChat:Links:CertificateAuthority=LiveChat.Tests.dll", "--LiveChat:Links:Certificate=/none.pem",
        "--LiveChat:Links:CertificateKey=k")]
    [InlineData("Name", true, "--LiveChat:Node:Name=a b")]
    public void A_contradiction_is_refused(string sentence, bool isOnCassandra, params string[] args)
    {
        string[] given =
        [
            .. isOnCassandra ? OnCassandra : [],
            .. args.Select(static one => one switch
            {
                Listening => "--LiveChat:Links:Listen=a:7400",
                _ => one.Replace("=LiveChat.Tests.dll", $"={typeof(LinksOptionsTests).Assembly.Location}",
                    StringComparison.Ordinal),
            }),
        ];
        var refused = Assert.Throws<InvalidDataException>(() => ServerConfiguration.Read(given)).Message;
        Assert.Contains(sentence, refused, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused);
    }

    [Fact]
    public void Roles_and_links_are_what_was_set()
    {
        var options = ServerConfiguration.Read(
        [
            .. OnCassandra, "--LiveChat:Node:Name=worker-1", "--LiveChat:Node:Roles=delivery, history",
            "--LiveChat:Links:Listen=*:7400", "--LiveChat:Links:Announce=10.0.0.7:7400",
            $"--LiveChat:Links:SecretFile={typeof(LinksOptionsTests).Assembly.Location}",
        ]);
        Assert.Equal(NodeRoles.Delivery | NodeRoles.History, options.Node.Roles);
        Assert.Equal(("*:7400", "10.0.0.7:7400"), (options.Links.Listen, options.Links.Announce));
        Assert.Contains(
            new ConfiguredOption("LiveChat:Node:Roles", "Delivery, History", "command line"),
            ServerConfiguration.Explain(
            [
                .. OnCassandra, "--LiveChat:Node:Roles=Delivery,History", "--LiveChat:Links:Listen=a:1",
                $"--LiveChat:Links:SecretFile={typeof(LinksOptionsTests).Assembly.Location}",
            ]));
    }
}
