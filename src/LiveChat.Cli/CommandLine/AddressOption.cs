using System.CommandLine;

namespace LiveChat.Cli.CommandLine;

/// <summary>An option whose value is an address of one of some schemes.</summary>
internal sealed class AddressOption : Option<Uri>
{
    public AddressOption(string name, string description, Uri address, params string[] schemes)
        : base(name)
    {
        Description = description;
        DefaultValueFactory = _ => address;
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && schemes.Contains(url.Scheme))
                return url;
            result.AddError($"{name} is an address such as {address.GetLeftPart(UriPartial.Authority)}.");
            return null;
        };
    }
}
