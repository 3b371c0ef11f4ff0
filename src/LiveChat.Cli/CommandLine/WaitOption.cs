using System.CommandLine;
using System.Globalization;

namespace LiveChat.Cli.CommandLine;

/// <summary><c>--wait</c>: how long a command waits for the server before it gives up.</summary>
internal sealed class WaitOption : Option<TimeSpan>
{
    private const double SecondsMax = 3600;

    public WaitOption()
        : base("--wait")
    {
        HelpName = "seconds";
        Description = "How many seconds to wait for the server.";
        DefaultValueFactory = _ => TimeSpan.FromSeconds(10);
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (double.TryParse(text, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= SecondsMax)
                return TimeSpan.FromSeconds(value);
            result.AddError("--wait is a number of seconds above 0 and at most 3600.");
            return default;
        };
    }

    /// <summary>The value as a person says it: <c>10 s</c>.</summary>
    public string Say(ParseResult parsed) =>
        string.Create(CultureInfo.InvariantCulture, $"{parsed.GetValue(this).TotalSeconds} s");
}
