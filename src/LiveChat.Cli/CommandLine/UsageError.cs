using System.CommandLine;
using System.CommandLine.Parsing;

namespace LiveChat.Cli.CommandLine;

/// <summary>What is wrong with a command line, as one sentence: the first fault alone, since the others follow from
/// it.</summary>
internal static class UsageError
{
    private const int TyposMax = 2;

    /// <summary>Null when nothing is wrong.</summary>
    public static string? Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var tryHelp = $"Try: {PathOf(parsed.CommandResult)} --help";
        if (command.Subcommands.Count > 0 && parsed.UnmatchedTokens is [[not '-', ..] name, ..])
            return $"Unknown command '{name}'. {Guess(name, command.Subcommands) ?? tryHelp}";
        if (StrayOption(parsed) is { } stray)
        {
            var hint = command.Arguments.Count == 0 ? tryHelp : $"If it is no option, put -- before it: -- {stray}";
            return $"Unknown option '{stray}'. {Guess(stray, command.Options) ?? hint}";
        }

        if (parsed.UnmatchedTokens is [var unmatched, ..]) return $"Unexpected argument '{unmatched}'. {tryHelp}";
        if (command is { Action: null, Subcommands.Count: > 0 } && parsed.Errors.Count > 0)
            return $"A command is missing. {tryHelp}";
        return parsed.Errors is [var error, ..] ? $"{error.Message} {tryHelp}" : null;
    }

    /// <summary>The one whose name was probably meant, as a question.</summary>
    private static string? Guess(string typed, IEnumerable<Symbol> symbols) => symbols
        .Select(symbol => (symbol.Name, Typos: Distance(typed, symbol.Name)))
        .Where(guess => guess.Typos <= TyposMax && guess.Typos < guess.Name.TrimStart('-').Length)
        .OrderBy(guess => guess.Typos)
        .Select(guess => $"Did you mean '{guess.Name}'?")
        .FirstOrDefault();

    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult above ? $"{PathOf(above)} {result.Command.Name}" : "livechat";

    /// <summary>
    /// What looks like an option, stands before <c>--</c> and was taken for an argument or for nothing at all. A lone
    /// dash is no option.
    /// </summary>
    private static string? StrayOption(ParseResult parsed)
    {
        var arguments = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(result => result.Tokens);
        var strays = arguments.Select(token => token.Value).Concat(parsed.UnmatchedTokens)
            .Where(value => value.Length > 1 && value[0] == '-')
            .ToHashSet(StringComparer.Ordinal);
        return parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
            .Select(token => token.Value)
            .FirstOrDefault(strays.Contains);
    }

    /// <summary>How many letters were left out, added, changed or swapped with their neighbour.</summary>
    private static int Distance(string a, string b)
    {
        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }

                var changed = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(changed, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }

        return cost[a.Length, b.Length];
    }
}
