using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveChat.Cli.Text;

namespace LiveChat.Cli.Commands;

/// <summary>
/// <c>livechat key</c>: the server keys of the embedding application's backend, made and revoked at the server's
/// internal address. The new key alone goes to standard output: <c>KEY=$(livechat key create backend)</c>.
/// </summary>
internal static class KeyCommand
{
    private const string Path = "/v1/keys";

    public static Command Create() => new("key", "Makes, lists and revokes the keys of your application's backend.")
    {
        CreateKey(), List(), Revoke(),
    };

    private static Command CreateKey()
    {
        var name = new Argument<string>("name") { Description = "What you call it: letters, digits, . _ and -." };
        var command = new Command("create", "Makes a key and prints it, this once.") { name };
        var access = new OperatorAccess(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var made = await access.SendAsync(
                parsed, HttpMethod.Post, Path, new JsonObject { ["name"] = parsed.GetValue(name) }, cancellationToken);
            var key = made!.RootElement;
            Console.Out.WriteLine(key.GetProperty("key").GetString());
            Console.Error.WriteLine($"Keep it: it is shown this once. To revoke it: livechat key revoke {IdOf(key)}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "Lists the keys: id, when they were made and last used, name.");
        var access = new OperatorAccess(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var keys = await access.SendAsync(parsed, HttpMethod.Get, Path, null, cancellationToken);
            foreach (var key in keys!.RootElement.GetProperty("items").EnumerateArray())
                Console.Out.WriteLine(LineOf(key));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Revoke()
    {
        var id = new Argument<string>("id") { Description = "The id, as list shows it." };
        var command = new Command("revoke", "Revokes a key: the server refuses it from then on, for good.") { id };
        var access = new OperatorAccess(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // Of a whole key only the id: the secret is nobody's business, not even the server's log's.
            var named = string.Join('_', parsed.GetValue(id)!.Split('_').Take(2));
            await access.SendAsync(
                parsed, HttpMethod.Delete, $"{Path}/{Uri.EscapeDataString(named)}", null, cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }

    private static string LineOf(JsonElement key)
    {
        var use = key.GetProperty("revoked").GetBoolean() ? "revoked"
            : key.TryGetProperty("last_used_at", out var used) ? $"used {used.GetString()}"
            : "never used";
        return $"{IdOf(key)}  made {key.GetProperty("created_at").GetString()}  {use}  "
            + TerminalText.Clean(key.GetProperty("name").GetString()!);
    }

    private static string IdOf(JsonElement key) => key.GetProperty("id").GetString()!;
}
