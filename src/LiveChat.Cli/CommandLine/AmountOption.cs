using System.CommandLine;
using System.Globalization;

namespace LiveChat.Cli.CommandLine;

/// <summary>An option that says how much, not below a least amount; without a default it may be absent.</summary>
internal sealed class AmountOption : Option<double?>
{
    private const double Most = 1e9;

    public AmountOption(string name, string helpName, string description, double? standard = null, double least = 0)
        : base(name)
    {
        HelpName = helpName;
        Description = description;
        if (standard is not null) DefaultValueFactory = _ => standard;
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                && value >= least
                && value <= Most)
            {
                return value;
            }

            result.AddError(string.Create(
                CultureInfo.InvariantCulture, $"{name} is a number, at least {least} and at most {Most:F0}."));
            return null;
        };
    }
}
