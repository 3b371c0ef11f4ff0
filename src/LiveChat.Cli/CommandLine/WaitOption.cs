using System.CommandLine;
using System.Globalization;

namespace LiveChat.Cli.CommandLine;

/// <summary><c>--wait</c>: how many seconds a command waits for the server before it gives up.</summary>
internal sealed class WaitOption : Option<double>
{
    /// <summary>What a command waits that is answered at once.</summary>
    public const int SecondsUsual = 10;

    private const double SecondsMax = 3600;

    public WaitOption(int secondsUsual = SecondsUsual)
        : base("--wait")
    {
        HelpName = "seconds";
        Description = "How many seconds to wait for the server.";
        DefaultValueFactory = _ => secondsUsual;
        CustomParser = static result =>
        {
            var text = result.Tokens[0].Value;
            if (double.TryParse(text, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= SecondsMax)
                return value;
            result.AddError("--wait is a number of seconds above 0 and at most 3600.");
            return default;
        };
    }

    public TimeSpan Of(ParseResult parsed) => TimeSpan.FromSeconds(parsed.GetValue(this));

    /// <summary>The value as a person says it: <c>10 s</c>.</summary>
    public string Say(ParseResult parsed) => string.Create(CultureInfo.InvariantCulture, $"{parsed.GetValue(this)} s");
}
