using System.CommandLine;
using System.Globalization;

namespace LiveChat.Cli.Commands;

/// <summary><c>livechat token</c>: a token for a user, signed with the secret of the data folder.</summary>
internal static class TokenCommand
{
    private const double HoursMax = 24 * 366;

    public static Command Create()
    {
        var user = new Option<string>("--user") { Description = "The user's id.", Required = true };
        var data = new DataOption();
        var hours = new Option<double>("--hours")
        {
            Description = "How long the token is good.",
            DefaultValueFactory = _ => 24,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (double.TryParse(text, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= HoursMax)
                    return value;
                result.AddError("--hours is above 0 and at most 8784 (a year).");
                return 0;
            },
        };
        var command = new Command("token", "Prints a token for a user.") { user, data, hours };
        command.SetAction(parsed =>
        {
            Console.Out.WriteLine(data.TokenFor(
                parsed, parsed.GetValue(user)!, TimeSpan.FromHours(parsed.GetValue(hours))));
            return ExitCode.Ok;
        });
        return command;
    }
}
