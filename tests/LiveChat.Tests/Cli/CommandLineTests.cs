using System.CommandLine;
using System.Globalization;
using LiveChat.Cli;
using LiveChat.Cli.CommandLine;
using Xunit;

namespace LiveChat.Tests.Cli;

/// <summary>Command lines: which are right.</summary>
public sealed class CommandLineTests
{
    private const string OneText = "--client-id is the key of one text. Try: livechat send --help";
    private const string NoUser = "Say who you are: --user NAME on the server's machine, else --token TOKEN.";
    private const string Wait =
        "--wait is a number of seconds above 0 and at most 3600. Try: livechat chats --help";

    private const string Hours = "--hours is above 0 and at most 8784 (a year). Try: livechat token --help";

    [Theory]
    [InlineData("chat --user alice --with bob")]
    [InlineData("send @bob hi --token x")]
    [InlineData("send @bob - --token x")]
    [InlineData("history 7301 --before -3 --token x")]
    [InlineData("chats --token x --limit 3 --output json")]
    [InlineData("send @bob hi --token x --client-id 019aa7a0-0000-7000-8000-000000000000")]
    [InlineData("send 7301 - --user alice --url https://chat.example --output json")]
    [InlineData("tail --user alice")]
    [InlineData("tail @bob --user alice")]
    [InlineData("history 7301 --before 10 --limit 5 --user alice")]
    [InlineData("token --user alice --hours 1")]
    [InlineData("key create backend --internal http://10.0.0.1:81 --data folder")]
    [InlineData("key list")]
    [InlineData("user erase ada --yes --internal http://10.0.0.1:81 --data folder")]
    [InlineData("user erasure ada")]
    [InlineData("backup create /backups/chat --keep 14 --keep-days 30")]
    [InlineData("key revoke lcs_0123456789abcdef")]
    [InlineData("bench pairs --chats 3 --rate 12.5 --max-p99 20 --output json --html report.html")]
    [InlineData("bench group --members 3 --senders 3 --in-flight 64")]
    [InlineData("bench pull-group --url wss://chat.example --key lcs_x --warm-up 0 --seconds 0.5")]
    [InlineData("bench storm --sessions 3 --min-rate 1")]
    public void A_right_command_line_is_taken(string line) =>
        Assert.Null(UsageError.Of(Parse(line)));

    [Theory]
    [InlineData("", "A command is missing. Try: livechat --help")]
    [InlineData("dance", "Unknown command 'dance'. Try: livechat --help")]
    [InlineData("sned", "Unknown command 'sned'. Did you mean 'send'?")]
    [InlineData("sned @bob hi --user ann", "Unknown command 'sned'. Did you mean 'send'?")]
    [InlineData("hist @bob", "Unknown command 'hist'. Try: livechat --help")]
    [InlineData("key lits", "Unknown command 'lits'. Did you mean 'list'?")]
    [InlineData("send @bob --oops --user ann",
        "Unknown option '--oops'. If it is no option, put -- before it: -- --oops")]
    [InlineData("send @bob --ouptut json --user ann", "Unknown option '--ouptut'. Did you mean '--output'?")]
    [InlineData("send --usr ann @bob hi", "Unknown option '--usr'. Did you mean '--user'?")]
    [InlineData("tail @bob more --user ann", "Unexpected argument 'more'. Try: livechat tail --help")]
    [InlineData("key list --oops", "Unknown option '--oops'. Try: livechat key list --help")]
    [InlineData("send --user alice", "Required argument missing for command: 'send'. Try: livechat send --help")]
    [InlineData("chat", NoUser + " Try: livechat chat --help")]
    [InlineData("chats", NoUser + " Try: livechat chats --help")]
    [InlineData("chat --user alice --token x", "--user and --token exclude each other. Try: livechat chat --help")]
    [InlineData("chat --user alice --url here",
        "--url is an address such as http://127.0.0.1:8080. Try: livechat chat --help")]
    [InlineData("history 1 --user alice --before 1 --after 2",
        "--before and --after exclude each other. Try: livechat history --help")]
    [InlineData("history 1 --user alice --limit 0", "--limit is a number, at least 1. Try: livechat history --help")]
    [InlineData("history 1 --user alice --limit x", "--limit is a number, at least 1. Try: livechat history --help")]
    [InlineData("history 1 --user alice --before x", "--before is a seq, a number. Try: livechat history --help")]
    [InlineData("send 1 hi --user alice --client-id x", "--client-id is a UUIDv7. Try: livechat send --help")]
    [InlineData("send 1 - --user alice --client-id 019aa7a0-0000-7000-8000-000000000000", OneText)]
    [InlineData("send 1 --user alice --client-id 019aa7a0-0000-7000-8000-000000000000", OneText)]
    [InlineData("key", "A command is missing. Try: livechat key --help")]
    [InlineData("key create", "Required argument missing for command: 'create'. Try: livechat key create --help")]
    [InlineData("key list --internal here",
        "--internal is an address such as http://127.0.0.1:8081. Try: livechat key list --help")]
    [InlineData("token", "Option '--user' is required. Try: livechat token --help")]
    [InlineData("chats --user alice --wait 0", Wait)]
    [InlineData("chats --user alice --wait x", Wait)]
    [InlineData("token --user alice --hours 0", Hours)]
    [InlineData("token --user alice --hours x", Hours)]
    [InlineData("bench", "A command is missing. Try: livechat bench --help")]
    [InlineData("bench paris", "Unknown command 'paris'. Did you mean 'pairs'?")]
    [InlineData("bench group --members 2",
        "--members is a number, at least 3 and at most 256. Try: livechat bench group --help")]
    [InlineData("bench pairs --in-flight 65",
        "--in-flight is a number, at least 1 and at most 64. Try: livechat bench pairs --help")]
    [InlineData("bench pairs --rate 0",
        "--rate is a number, at least 0.01 and at most 1000000000. Try: livechat bench pairs --help")]
    [InlineData("bench pairs --html /nowhere/report.html",
        "There is no folder /nowhere. Try: livechat bench pairs --help")]
    [InlineData("bench storm --warm-up 1", "Unknown option '--warm-up'. Try: livechat bench storm --help")]
    public void A_wrong_one_is_refused_with_one_sentence(string line, string sentence) =>
        Assert.Equal(sentence, UsageError.Of(Parse(line)));

    [Fact]
    public void What_stands_behind_two_dashes_is_no_option()
    {
        var parsed = Parse("send --user ann @bob -- --oops");
        Assert.Null(UsageError.Of(parsed));
        Assert.Equal("--oops", parsed.GetValue<string>("text"));
    }

    /// <summary>The help prints a default as it is, so it must be what a user can type.</summary>
    [Fact]
    public void Every_default_of_every_option_can_be_typed()
    {
        var commands = new Queue<Command>([Program.Build()]);
        while (commands.TryDequeue(out var command))
        {
            command.Subcommands.ToList().ForEach(commands.Enqueue);
            foreach (var option in command.Options.Where(static option => option.HasDefaultValue))
            {
                var value = option.GetDefaultValue() switch
                {
                    bool flag => flag ? "true" : "false",
                    var other => Convert.ToString(other, CultureInfo.InvariantCulture),
                };
                if (value is null) continue;
                var only = new RootCommand { option };
                Assert.True(
                    only.Parse([option.Name, value]).Errors.Count == 0,
                    $"{command.Name} {option.Name} shows {value}, which it does not take.");
            }
        }
    }

    private static ParseResult Parse(string line) =>
        Program.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
