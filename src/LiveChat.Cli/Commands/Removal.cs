using System.CommandLine;
using System.Text.Json;
using LiveChat.Cli.Text;

namespace LiveChat.Cli.Commands;

/// <summary>
/// What <c>livechat user erase</c> and <c>livechat chat delete</c> have in common: a removal that a server begins, and
/// goes on with by itself. A command that is stopped stops nothing.
/// </summary>
internal sealed class Removal
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly Option<bool> _yes = new("--yes") { Description = "Really: nothing brings it back." };
    private readonly OperatorAccess _access;
    private readonly string _noun;
    private readonly Func<JsonElement, string> _lineOf;

    /// <param name="command">Gets the options.</param>
    /// <param name="noun">What the removal is called in paths.</param>
    /// <param name="lineOf">One line of it for people.</param>
    public Removal(Command command, string noun, Func<JsonElement, string> lineOf)
    {
        command.Add(_yes);
        (_access, _noun, _lineOf) = (new OperatorAccess(command), noun, lineOf);
    }

    /// <summary>Begins the removal and waits for its end; says on the error stream how far it is.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="path">What is removed.</param>
    /// <param name="id">What the user called it.</param>
    /// <param name="cancellationToken">Ends the wait alone.</param>
    /// <exception cref="CliException">The user did not say yes, or the server refused it or does not answer.
    /// </exception>
    public async Task<int> RunAsync(ParseResult parsed, string path, string id, CancellationToken cancellationToken)
    {
        if (!parsed.GetValue(_yes))
            throw new CliException(ExitCode.Usage, $"Nothing can bring {TerminalText.Clean(id)} back: add --yes.");
        var (method, at, said) = (HttpMethod.Delete, path, "");
        while (true)
        {
            using var now = await _access.SendAsync(parsed, method, at, null, cancellationToken);
            var line = _lineOf(now!.RootElement);
            if (IsFinished(now.RootElement))
            {
                Console.Out.WriteLine(line);
                return ExitCode.Ok;
            }

            if (line != said) Console.Error.WriteLine(said = line);
            (method, at) = (HttpMethod.Get, $"{path}/{_noun}");
            await Task.Delay(LookEvery, TimeProvider.System, cancellationToken);
        }
    }

    private static bool IsFinished(JsonElement removal) => removal.GetProperty("state").GetString() == "finished";

    /// <summary>When the removal ended; what it is until then comes from the caller.</summary>
    public static string EndOf(JsonElement removal, Func<string> meanwhile) => IsFinished(removal)
        ? $"finished {removal.GetProperty("finished_at").GetString()}, "
            + $"gone from the log {removal.GetProperty("log_gone_at").GetString()}"
        : meanwhile();
}
