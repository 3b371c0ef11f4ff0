using LiveChat.Cli;
using Xunit;

namespace LiveChat.Tests.Cli;

/// <summary>Command lines: which are right.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("chat --token x --with bob")]
    [InlineData("send @bob hi --token x")]
    [InlineData("send 7301 - --token x --url https://chat.example --output json")]
    [InlineData("tail --token x")]
    [InlineData("tail @bob --token x")]
    [InlineData("history 7301 --before 10 --limit 5 --token x")]
    public void A_right_command_line_is_taken(string line) =>
        Assert.Empty(Program.Parse(line.Split(' ')).Errors.Select(error => error.Message));

    [Theory]
    [InlineData("", "Required command was not provided.")]
    [InlineData("dance", "Unrecognized command or argument 'dance'.")]
    [InlineData("send --token x", "Required argument missing for command: 'send'.")]
    [InlineData("chat", "Say who you are: --token TOKEN.")]
    [InlineData("chat --token x --url here", "--url is an address such as http://127.0.0.1:8080.")]
    [InlineData("history 1 --token x --before 1 --after 2", "--before and --after exclude each other.")]
    [InlineData("history 1 --token x --limit 0", "--limit is at least 1.")]
    public void A_wrong_one_is_refused_with_a_sentence(string line, string sentence)
    {
        var args = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(sentence, Program.Parse(args).Errors.Select(error => error.Message));
    }
}
