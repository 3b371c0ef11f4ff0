using System.Globalization;
using LiveChat.Server.Hosting;
using LiveChat.Tests.Tidy;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>What is said of each option: its value and where that was set.</summary>
public sealed class ConfiguredOptionsTests
{
    private static readonly string[] Documented =
    [
        .. OptionsTable.Of(typeof(ServerOptions), ServerOptions.Section).Split('\n')
            .Where(static row => row.StartsWith("| `", StringComparison.Ordinal))
            .Select(static row => row.Split('`')[1]),
    ];

    [Fact]
    public void Every_documented_option_is_shown_once_with_its_default()
    {
        var options = ConfiguredOptions.Of(new ServerOptions(), Configuration(null, "")).ToArray();

        Assert.Equal(Documented, options.Select(static option => option.Name));
        Assert.All(options, static option => Assert.Null(option.Source));
        Assert.Contains(new ConfiguredOption("LiveChat:Data", "livechat-data", null), options);
        Assert.Contains(new ConfiguredOption("LiveChat:Workers:CommitEvery", "00:00:01", null), options);
    }

    [Fact]
    public void Every_option_names_the_place_that_counts()
    {
        foreach (var (place, source) in ConfiguredOptions.Sources.Index())
            foreach (var name in Documented)
            {
                // Whatever stands in the places before it, and however it is written.
                var set = ConfiguredOptions.Of(new ServerOptions(), Configuration(place, name.ToUpperInvariant()));
                var others = set.Where(option => option.Source is not null).ToArray();
                if (others is [] && IsList(name)) continue;
                Assert.Equal((name, source), (Assert.Single(others).Name, others[0].Source));
            }

        static bool IsList(string name) => name is "LiveChat:Origins" or "LiveChat:DevelopmentHosts";
    }

    [Fact]
    public void Each_value_of_a_list_has_a_place_of_its_own()
    {
        var options = new ServerOptions { Origins = { "https://a", "https://b" } };
        var shown = ConfiguredOptions.Of(options, Configuration(2, "LiveChat:Origins:1"))
            .Where(static option => option.Name.StartsWith("LiveChat:Origins", StringComparison.Ordinal));

        Assert.Equal(
            [
                new ConfiguredOption("LiveChat:Origins:0", "https://a", null),
                new ConfiguredOption("LiveChat:Origins:1", "https://b", "environment"),
            ],
            shown);
    }

    /// <summary>The three places; up to one of them, all have the key.</summary>
    private static IConfigurationRoot Configuration(int? through, string key)
    {
        var builder = new ConfigurationBuilder();
        for (var place = 0; place < ConfiguredOptions.Sources.Count; place++)
            builder.AddInMemoryCollection(
                place <= through ? [new(key, place.ToString(CultureInfo.InvariantCulture))] : []);
        return builder.Build();
    }
}
