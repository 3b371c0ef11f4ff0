using System.CommandLine;
using LiveChat.Server;

namespace LiveChat.Cli.CommandLine;

/// <summary>The short forms of the server's options, for commands that read them as it does.</summary>
internal static class ServerSwitchOptions
{
    public static IReadOnlyList<Option> Create() =>
    [
        .. LiveChatServer.Switches.Select(static known => (Option)(known.TakesValue
            ? new Option<string>(known.Name) { Description = known.Description }
            : new Option<bool>(known.Name) { Description = known.Description })),
    ];

    /// <summary>Those that were given, as the server takes them.</summary>
    public static string[] ArgumentsOf(ParseResult parsed, IReadOnlyList<Option> options) =>
    [
        .. options
            .Where(option => parsed.GetResult(option) is { Implicit: false })
            .Select(option => option switch
            {
                Option<string> text => $"{option.Name}={parsed.GetValue(text)}",
                Option<bool> flag => $"{option.Name}={(parsed.GetValue(flag) ? "true" : "false")}",
                _ => throw new InvalidOperationException($"{option.Name} is of no known type."),
            }),
    ];
}
