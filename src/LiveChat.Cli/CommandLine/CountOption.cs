using System.CommandLine;
using System.Globalization;

namespace LiveChat.Cli.CommandLine;

/// <summary>An option that says how many, at least 1.</summary>
internal sealed class CountOption : Option<int>
{
    public CountOption(string name, string description, int standard)
        : base(name)
    {
        Description = description;
        DefaultValueFactory = _ => standard;
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var many) && many >= 1)
                return many;
            result.AddError($"{name} is a number, at least 1.");
            return 0;
        };
    }
}
