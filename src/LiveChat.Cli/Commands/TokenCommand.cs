using System.CommandLine;
using LiveChat.Server;

namespace LiveChat.Cli.Commands;

/// <summary><c>livechat token</c>: a token for a user, signed with the secret of the data folder.</summary>
internal static class TokenCommand
{
    public static Command Create()
    {
        var user = new Option<string>("--user") { Description = "The user's id.", Required = true };
        var data = new Option<DirectoryInfo>("--data")
        {
            Description = "The server's data folder.",
            DefaultValueFactory = _ => new DirectoryInfo(LiveChatServer.DefaultDataFolder),
        };
        var hours = new Option<double>("--hours")
        {
            Description = "How long the token is good.",
            DefaultValueFactory = _ => 24,
        };
        hours.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (> 0 and <= 24 * 366))
            {
                result.AddError("--hours is above 0 and at most 8784 (a year).");
            }
        });
        var command = new Command("token", "Prints a token for a user.") { user, data, hours };
        command.SetAction(parsed =>
        {
            Console.Out.WriteLine(ClientOptions.Mint(
                parsed.GetValue(data)!, parsed.GetValue(user)!, TimeSpan.FromHours(parsed.GetValue(hours))));
            return ExitCode.Ok;
        });
        return command;
    }
}
