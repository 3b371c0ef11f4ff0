using System.CommandLine;
using System.Globalization;

namespace LiveChat.Cli.CommandLine;

/// <summary>An option that says how many, at least 1 unless it says otherwise.</summary>
internal sealed class CountOption : Option<int>
{
    public CountOption(string name, string description, int standard, int least = 1, int most = int.MaxValue)
        : base(name)
    {
        Description = description;
        DefaultValueFactory = _ => standard;
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var many)
                && many >= least
                && many <= most)
            {
                return many;
            }

            var ceiling = most < int.MaxValue ? $" and at most {most}" : "";
            result.AddError($"{name} is a number, at least {least}{ceiling}.");
            return 0;
        };
    }
}
