using System.CommandLine;
using LiveChat.Cli.Pipes;
using LiveChat.Cli.Text;
using LiveChat.Client;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;

namespace LiveChat.Cli.Commands;

/// <summary>
/// <c>livechat send</c>: one message, or one a line from standard input, each in its place in order. A line that the
/// server cannot take is passed over and named; whatever else it refuses would befall the next line, too.
/// </summary>
internal static class SendCommand
{
    private const string StandardInput = "-";

    public static Command Create()
    {
        var target = new Argument<string>("chat") { Description = "A chat's id, or @user." };
        var text = new Argument<string>("text")
        {
            Description = "The text; - or nothing reads standard input, one message a line.",
            DefaultValueFactory = _ => StandardInput,
        };
        var clientId = new Option<string?>("--client-id")
        {
            Description = "The text's key, a UUIDv7: sent again under its key, a message is there once.",
        };
        var command = new Command("send", "Sends messages.") { target, text, clientId };
        var options = new ClientOptions(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(clientId) is not { Tokens: [var key] }) return;
            if (!ClientId.TryParse(key.Value, out _)) result.AddError("--client-id is a UUIDv7.");
            if (result.GetResult(text) is not { Tokens: [{ Value: not StandardInput }] })
                result.AddError("--client-id is the key of one text.");
        });
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = await options.ConnectAsync(parsed, cancellationToken);
            var chat = await ChatTarget.FindOrMakeAsync(client, parsed.GetValue(target)!, cancellationToken);
            var isJson = options.IsJson(parsed);
            if (parsed.GetValue(text) is { } one && one != StandardInput)
            {
                await SendAsync(client, chat, one, parsed.GetValue(clientId), isJson, cancellationToken);
                return ExitCode.Ok;
            }

            return await SendLinesAsync(client, chat, isJson, cancellationToken);
        });
        return command;
    }

    private static async Task<int> SendLinesAsync(
        LiveChatClient client, string chat, bool isJson, CancellationToken cancellationToken)
    {
        var exitCode = ExitCode.Ok;
        using var input = new StandardInput(Console.In);
        for (var number = 1; await input.ReadLineAsync(cancellationToken) is { } line; number++)
        {
            try
            {
                if (line.Length > 0) await SendAsync(client, chat, line, null, isJson, cancellationToken);
            }
            catch (LiveChatRefusedException refused) when (
                refused.Problem.Code is ErrorCode.PayloadTooLarge or ErrorCode.ValidationFailed)
            {
                Console.Error.WriteLine(
                    $"livechat: line {number} was not sent: {refused.Message} ({refused.Problem.Code})");
                exitCode = ExitCode.Refused;
            }
        }

        return exitCode;
    }

    private static string Again(string clientId) => $"To send it again, and once: --client-id {clientId}";

    internal static async Task SendAsync(
        LiveChatClient client,
        string chat,
        string text,
        string? clientId,
        bool isJson,
        CancellationToken cancellationToken)
    {
        clientId ??= await client.NewClientIdAsync(cancellationToken);
        try
        {
            var ack = await ClientOptions.WithinAMinuteAsync(
                patience => client.SendAsync(chat, text, clientId, patience), cancellationToken);
            Console.Out.WriteLine(isJson ? JsonLine.Data(ack) : $"{ack.Chat} #{ack.Seq}");
        }
        catch (CliException unknown) when (unknown.ExitCode == ExitCode.NotReachable)
        {
            throw new CliException(unknown.ExitCode, $"{unknown.Message} {Again(clientId)}");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new CommandInterruptedException(
                $"Interrupted before the answer: the message may or may not be sent. {Again(clientId)}");
        }
    }
}
