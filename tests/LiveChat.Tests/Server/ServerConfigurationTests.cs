using System.ComponentModel.DataAnnotations;
using System.Reflection;
using LiveChat.Core.Ingest;
using LiveChat.Embedded.Log;
using LiveChat.Server.Hosting;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>The command line of the server: what is taken, and what is no option.</summary>
public sealed class ServerConfigurationTests
{
    private const string OnKafka = "on kafka";
    private const string OnCassandra = "on cassandra";

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

    /// <summary>Otherwise the server would take an option that its log refuses after the folder was made.</summary>
    [Theory]
    [InlineData(nameof(ServerOptions.Partitions))]
    [InlineData(nameof(ServerOptions.ReserveBytes))]
    public void What_the_log_is_asked_for_has_the_range_that_the_log_has(string name)
    {
        var asked = RangeOf(typeof(ServerOptions), name);
        var taken = RangeOf(typeof(RocksDbLogOptions), name);
        Assert.Equal((taken.Minimum, taken.Maximum), (asked.Minimum, asked.Maximum));

        static RangeAttribute RangeOf(Type options, string name) =>
            options.GetProperty(name)!.GetCustomAttribute<RangeAttribute>()!;
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

    /// <summary>Each with what to do.</summary>
    [Theory]
    [InlineData("LiveChat:Log:Brokers is an option of Kafka: set LiveChat:Log:Kind=Kafka",
        "--LiveChat:Log:Brokers=a:9092")]
    [InlineData("LiveChat:Log:SingleBroker is an option of Kafka: set LiveChat:Log:Kind=Kafka",
        "--LiveChat:Log:Kind=rocksdb", "--LiveChat:Log:SingleBroker=false")]
    [InlineData("there are no brokers: set LiveChat:Log:Brokers", "--LiveChat:Log:Kind=kafka")]
    [InlineData("LiveChat:Retention:Days is 6, and the log keeps its records for 7.00:00:00",
        "--LiveChat:Retention:Days=6")]
    [InlineData("'a', which is not an address: write host:port", OnKafka, "--LiveChat:Log:Brokers=b:1,a,c:2")]
    [InlineData("'http://a:1', which is not an address", OnKafka, "--LiveChat:Log:Brokers=http://a:1")]
    [InlineData("set LiveChat:Log:Partitions instead", OnKafka, "--partitions=4")]
    [InlineData("LiveChat:Log:User is set and LiveChat:Log:Mechanism is not", OnKafka, "--LiveChat:Log:User=u")]
    [InlineData("LiveChat:Log:PasswordFile is set and LiveChat:Log:Mechanism is not", OnKafka,
        "--LiveChat:Log:PasswordFile=p")]
    [InlineData("there is no user: set LiveChat:Log:User", OnKafka, "--LiveChat:Log:Mechanism=ScramSha512")]
    [InlineData("there is no password: set LiveChat:Log:PasswordFile", OnKafka,
        "--LiveChat:Log:Mechanism=ScramSha512", "--LiveChat:Log:User=u")]
    [InlineData("set LiveChat:Log:Tls=true, or use ScramSha512", OnKafka, "--LiveChat:Log:Mechanism=Plain",
        "--LiveChat:Log:User=u", "--LiveChat:Log:PasswordFile=p")]
    [InlineData("CertificateAuthority is set and LiveChat:Log:Tls is not", OnKafka,
        "--LiveChat:Log:CertificateAuthority=c")]
    [InlineData("ClientCertificate is set and LiveChat:Log:ClientKey is not", OnKafka, "--LiveChat:Log:Tls=true",
        "--LiveChat:Log:ClientCertificate=c")]
    [InlineData("ClientKey is set and LiveChat:Log:ClientCertificate is not", OnKafka, "--LiveChat:Log:Tls=true",
        "--LiveChat:Log:ClientKey=k")]
    [InlineData("ClientCertificate is set and LiveChat:Log:Tls is not", OnKafka,
        "--LiveChat:Log:ClientCertificate=c", "--LiveChat:Log:ClientKey=k")]
    [InlineData("ClientCertificate names /none.pem, which is not there", OnKafka, "--LiveChat:Log:Tls=true",
        "--LiveChat:Log:ClientCertificate=/none.pem", "--LiveChat:Log:ClientKey=k")]
    [InlineData("which is not there: name a PEM file", OnKafka, "--LiveChat:Log:Tls=true",
        "--LiveChat:Log:CertificateAuthority=/none.pem")]
    public void Options_of_the_log_that_contradict_each_other_are_refused(string sentence, params string[] args)
    {
        string[] given = [.. args.SelectMany(static one =>
            one == OnKafka ? ["--LiveChat:Log:Kind=Kafka", "--LiveChat:Log:Brokers=a:9092"] : new[] { one })];
        var refused = Assert.Throws<InvalidDataException>(() => ServerConfiguration.Read(given)).Message;
        Assert.Contains(sentence, refused, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused);
    }

    /// <summary>Each with what to do.</summary>
    [Theory]
    [InlineData("LiveChat:Store:Keyspace is an option of Cassandra: set LiveChat:Store:Kind=Cassandra",
        "--LiveChat:Store:Keyspace=livechat")]
    [InlineData("LiveChat:Store:SingleNode is an option of Cassandra: set LiveChat:Store:Kind=Cassandra",
        "--LiveChat:Store:Kind=rocksdb", "--LiveChat:Store:SingleNode=false")]
    [InlineData("set LiveChat:Log:Kind=Kafka", "--LiveChat:Store:Kind=cassandra", "--LiveChat:Store:ContactPoints=a")]
    [InlineData("there are no nodes: set LiveChat:Store:ContactPoints", OnKafka, "--LiveChat:Store:Kind=cassandra")]
    [InlineData("'http://a:1', which is not an address", OnCassandra, "--LiveChat:Store:ContactPoints=b,http://a:1")]
    [InlineData("'', which is not an address", OnCassandra, "--LiveChat:Store:ContactPoints=b,,c")]
    [InlineData("set LiveChat:Tokens:SecretFile", OnKafka, "--LiveChat:Store:Kind=cassandra",
        "--LiveChat:Store:ContactPoints=a")]
    [InlineData("there is no password: set LiveChat:Store:PasswordFile", OnCassandra, "--LiveChat:Store:User=u")]
    [InlineData("where the server removes nothing by its age", OnCassandra, "--LiveChat:Retention:Days=365")]
    [InlineData("there is no role: set LiveChat:Store:User", OnCassandra, "--LiveChat:Store:PasswordFile=p")]
    [InlineData("CertificateAuthority is set and LiveChat:Store:Tls is not", OnCassandra,
        "--LiveChat:Store:CertificateAuthority=c")]
    [InlineData("ClientCertificate is set and LiveChat:Store:Tls is not", OnCassandra,
        "--LiveChat:Store:ClientCertificate=c")]
    [InlineData("which is not there: name a PEM file", OnCassandra, "--LiveChat:Store:Tls=true",
        "--LiveChat:Store:CertificateAuthority=/none.pem")]
    [InlineData("which is not there: name a PEM file", OnCassandra, "--LiveChat:Store:Tls=true",
        "--LiveChat:Store:ClientCertificate=/none.pem")]
    [InlineData("Keyspace", OnCassandra, "--LiveChat:Store:Keyspace=Live-Chat")]
    public void Options_of_the_store_that_contradict_each_other_are_refused(string sentence, params string[] args)
    {
        string[] kafka = ["--LiveChat:Log:Kind=Kafka", "--LiveChat:Log:Brokers=a:9092"];
        string[] given = [.. args.SelectMany(one => one switch
        {
            OnKafka => kafka,
            OnCassandra =>
            [
                .. kafka, "--LiveChat:Store:Kind=Cassandra", "--LiveChat:Store:ContactPoints=a",
                "--LiveChat:Tokens:SecretFile=s",
            ],
            _ => [one],
        })];
        var refused = Assert.Throws<InvalidDataException>(() => ServerConfiguration.Read(given)).Message;
        Assert.Contains(sentence, refused, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused);
    }

    [Fact]
    public void A_log_on_kafka_is_chosen_by_its_kind_and_its_brokers()
    {
        var log = ServerConfiguration.Read(
            ["--LiveChat:Log:Kind=kafka", "--LiveChat:Log:Brokers=a:9092,[::1]:9093"]).Log;
        Assert.Equal((LogKind.Kafka, 1_000, "a:9092,[::1]:9093"), (log.Kind, log.Partitions, log.Brokers));
        Assert.Equal(LogKind.RocksDb, ServerConfiguration.Read([]).Log.Kind);
    }

    [Fact]
    public void A_profile_lies_below_everything_that_is_set()
    {
        string[] needed =
        [
            "--profile", "cluster", "--LiveChat:Log:Brokers=a:1", "--LiveChat:Store:ContactPoints=a",
            "--LiveChat:Tokens:SecretFile=s", "--LiveChat:Node:Name=node-1", "--LiveChat:Links:Listen=a:1",
            "--LiveChat:Links:SecretFile=/dev/null",
        ];
        string[] whole = [.. needed, "--LiveChat:Presence:Endpoints=a:1"];
        var options = ServerConfiguration.Read(whole);
        Assert.Equal(
            (LogKind.Kafka, StoreKind.Cassandra, PresenceKind.Redis),
            (options.Log.Kind, options.Store.Kind, options.Presence.Kind));
        Assert.Equal(
            PresenceKind.Nodes, ServerConfiguration.Read([.. needed, "--LiveChat:Presence:Kind=Nodes"]).Presence.Kind);
        var shown = ServerConfiguration.Explain([.. needed, "--LiveChat:Presence:Kind=Nodes"]);
        Assert.Equal("profile", shown.Single(static one => one.Name == "LiveChat:Log:Kind").Source);
        Assert.Equal("command line", shown.Single(static one => one.Name == "LiveChat:Presence:Kind").Source);
        Assert.Equal(LogKind.RocksDb, ServerConfiguration.Read(["--profile=Single"]).Log.Kind);

        // What the profile cannot do without, each with what to do.
        foreach (var (without, sentence) in (ReadOnlySpan<(string, string)>)[
            ("--LiveChat:Log:Brokers=a:1", "there are no brokers"),
            ("--LiveChat:Store:ContactPoints=a", "there are no nodes"),
            ("--LiveChat:Tokens:SecretFile=s", "set LiveChat:Tokens:SecretFile"),
            ("--LiveChat:Node:Name=node-1", "give each server a name of its own"),
            ("--LiveChat:Presence:Endpoints=a:1", "there are no servers"),
        ])
            Assert.Contains(sentence, Refusal(whole.Where(one => one != without)), StringComparison.Ordinal);
        var alone = whole.Where(static one => !one.StartsWith("--LiveChat:Links:", StringComparison.Ordinal));
        Assert.Contains("need links to each other", Refusal(alone), StringComparison.Ordinal);
        Assert.Contains("LiveChat:Profile", Refusal(["--profile=cloud"]), StringComparison.Ordinal);
        Assert.Contains(
            "leave the profile out",
            Refusal(["--profile=cluster", "--LiveChat:Store:Kind=RocksDb", "--LiveChat:Log:Kind=RocksDb",
                "--LiveChat:Presence:Kind=Nodes"]),
            StringComparison.Ordinal);

        static string Refusal(IEnumerable<string> args) => Assert.Throws<InvalidDataException>(
            () => ServerConfiguration.Read([.. args, "--LiveChat:Trim:Retention=7.00:00:00"])).Message;
    }

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
