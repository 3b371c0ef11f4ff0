using System.CommandLine;

namespace LiveChat.Cli.CommandLine;

/// <summary><c>--output</c>: for people, or for programs.</summary>
internal sealed class OutputOption : Option<string>
{
    public OutputOption()
        : base("--output")
    {
        Description = "text, or json: one object a line.";
        DefaultValueFactory = static _ => "text";
        this.AcceptOnlyFromAmong("text", "json");
    }

    /// <summary>Whether to write JSON.</summary>
    public bool IsJson(ParseResult parsed) => parsed.GetValue(this) == "json";
}
