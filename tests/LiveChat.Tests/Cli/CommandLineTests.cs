using LiveChat.Cli;
using Xunit;

namespace LiveChat.Tests.Cli;

/// <summary>Command lines: which are right.</summary>
public sealed class CommandLineTests
{
    private const string OneText = "--client-id is the key of one text.";

    [Theory]
    [InlineData("chat --user alice --with bob")]
    [InlineData("send @bob hi --token x")]
    [InlineData("send @bob hi --token x --client-id 019aa7a0-0000-7000-8000-000000000000")]
    [InlineData("send 7301 - --user alice --url https://chat.example --output json")]
    [InlineData("tail --user alice")]
    [InlineData("tail @bob --user alice")]
    [InlineData("history 7301 --before 10 --limit 5 --user alice")]
    [InlineData("token --user alice --hours 1")]
    [InlineData("key create backend --internal http://10.0.0.1:81 --data folder")]
    [InlineData("key list")]
    [InlineData("key revoke lcs_0123456789abcdef")]
    public void A_right_command_line_is_taken(string line) =>
        Assert.Empty(Program.Parse(line.Split(' ')).Errors.Select(error => error.Message));

    [Theory]
    [InlineData("", "Required command was not provided.")]
    [InlineData("dance", "Unrecognized command or argument 'dance'.")]
    [InlineData("send --user alice", "Required argument missing for command: 'send'.")]
    [InlineData("chat", "Say who you are: --user NAME on the server's machine, else --token TOKEN.")]
    [InlineData("chat --user alice --token x", "--user and --token exclude each other.")]
    [InlineData("chat --user alice --url here", "--url is an address such as http://127.0.0.1:8080.")]
    [InlineData("history 1 --user alice --before 1 --after 2", "--before and --after exclude each other.")]
    [InlineData("history 1 --user alice --limit 0", "--limit is a number, at least 1.")]
    [InlineData("history 1 --user alice --limit x", "--limit is a number, at least 1.")]
    [InlineData("history 1 --user alice --before x", "--before is a seq, a number.")]
    [InlineData("send 1 hi --user alice --client-id x", "--client-id is a UUIDv7.")]
    [InlineData("send 1 - --user alice --client-id 019aa7a0-0000-7000-8000-000000000000", OneText)]
    [InlineData("send 1 --user alice --client-id 019aa7a0-0000-7000-8000-000000000000", OneText)]
    [InlineData("key", "Required command was not provided.")]
    [InlineData("key create", "Required argument missing for command: 'create'.")]
    [InlineData("key list --internal here", "--internal is an address such as http://127.0.0.1:8081.")]
    [InlineData("token", "Option '--user' is required.")]
    [InlineData("token --user alice --hours 0", "--hours is above 0 and at most 8784 (a year).")]
    [InlineData("token --user alice --hours x", "--hours is above 0 and at most 8784 (a year).")]
    public void A_wrong_one_is_refused_with_a_sentence(string line, string sentence)
    {
        var args = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(sentence, Program.Parse(args).Errors.Select(error => error.Message));
    }
}
