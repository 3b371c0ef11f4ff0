using System.CommandLine;
using System.Text.Json;
using LiveChat.Cli.Text;

namespace LiveChat.Cli.Commands;

/// <summary>
/// <c>livechat user</c>: erases a user at the server's internal address, and says how far the erasure is.
/// </summary>
internal static class UserCommand
{
    public static Command Create() => new("user", "Erases a user, and shows how far that is.")
    {
        Erase(), Erasure(),
    };

    private static Command Erase()
    {
        var user = new Argument<string>("user") { Description = "The id of the user, who never comes back under it." };
        var command = new Command(
            "erase", "Erases a user for good: messages, reactions, memberships, profile, devices; waits for the end.")
        {
            user,
        };
        var erasure = new Removal(command, "erasure", LineOf);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var id = parsed.GetValue(user)!;
            return await erasure.RunAsync(parsed, PathOf(id), id, cancellationToken);
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

    private static string LineOf(JsonElement erasure)
    {
        var end = Removal.EndOf(erasure, () => $"running since {erasure.GetProperty("started_at").GetString()}");
        return $"{erasure.GetProperty("user").GetString()}  {end}  {CountOf(erasure, "chat")}  "
            + $"{CountOf(erasure, "message")}  {CountOf(erasure, "reaction")}";
    }

    private static string CountOf(JsonElement erasure, string one) =>
        CountText.Of(erasure.GetProperty(one + "s").GetInt64(), one);
}
