using System.CommandLine;
using System.Text.Json;
using LiveChat.Cli.Text;

namespace LiveChat.Cli.Commands;

/// <summary>
/// <c>livechat user</c>: erases a user at the server's internal address, and says how far the erasure is. The server
/// goes on by itself: a command that is stopped stops nothing.
/// </summary>
internal static class UserCommand
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    public static Command Create() => new("user", "Erases a user, and shows how far that is.")
    {
        Erase(), Erasure(),
    };

    private static Command Erase()
    {
        var user = new Argument<string>("user") { Description = "The id of the user, who never comes back under it." };
        var yes = new Option<bool>("--yes") { Description = "Really: what was erased cannot be brought back." };
        var command = new Command(
            "erase", "Erases a user for good: messages, reactions, memberships, profile, devices; waits for the end.")
        {
            user, yes,
        };
        var access = new OperatorAccess(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var id = parsed.GetValue(user)!;
            if (!parsed.GetValue(yes))
                throw new CliException(ExitCode.Usage, $"Nothing can bring {TerminalText.Clean(id)} back: add --yes.");
            using var begun = await access.SendAsync(parsed, HttpMethod.Delete, PathOf(id), null, cancellationToken);
            var progress = LineOf(begun!.RootElement);
            while (true)
            {
                using var now = await access.SendAsync(
                    parsed, HttpMethod.Get, $"{PathOf(id)}/erasure", null, cancellationToken);
                var line = LineOf(now!.RootElement);
                if (IsFinished(now.RootElement))
                {
                    Console.Out.WriteLine(line);
                    return ExitCode.Ok;
                }

                if (line != progress) Console.Error.WriteLine(progress = line);
                await Task.Delay(LookEvery, TimeProvider.System, cancellationToken);
            }
        });
        return command;
    }

    private static Command Erasure()
    {
        var user = new Argument<string>("user") { Description = "The id of the user." };
        var command = new Command("erasure", "Shows how far the erasure of a user is.") { user };
        var access = new OperatorAccess(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var erasure = await access.SendAsync(
                parsed, HttpMethod.Get, $"{PathOf(parsed.GetValue(user)!)}/erasure", null, cancellationToken);
            Console.Out.WriteLine(LineOf(erasure!.RootElement));
            return ExitCode.Ok;
        });
        return command;
    }

    private static string PathOf(string user) => $"/v1/users/{Uri.EscapeDataString(user)}";

    private static bool IsFinished(JsonElement erasure) => erasure.GetProperty("state").GetString() == "finished";

    private static string LineOf(JsonElement erasure)
    {
        var end = IsFinished(erasure)
            ? $"finished {erasure.GetProperty("finished_at").GetString()}, "
                + $"gone from the log {erasure.GetProperty("log_gone_at").GetString()}"
            : $"running since {erasure.GetProperty("started_at").GetString()}";
        return $"{erasure.GetProperty("user").GetString()}  {end}  {CountOf(erasure, "chat")}  "
            + $"{CountOf(erasure, "message")}  {CountOf(erasure, "reaction")}";
    }

    private static string CountOf(JsonElement erasure, string one) =>
        CountText.Of(erasure.GetProperty(one + "s").GetInt64(), one);
}
