using System.ComponentModel.DataAnnotations;
using LiveChat.Server.Hosting;
using Xunit;

namespace LiveChat.Tests.Tidy;

public sealed class OptionsTableTests
{
    [Fact]
    public void The_page_about_the_configuration_is_made_from_the_options()
    {
        var expected = OptionsTable.Of(typeof(ServerOptions), ServerOptions.Section);

        var page = Repository.File("docs/CONFIG.md").Text;

        Assert.True(page.Contains(expected, StringComparison.Ordinal), $"docs/CONFIG.md should hold:\n{expected}");
    }

    [Fact]
    public void A_row_holds_the_default_the_range_and_nested_options() =>
        Assert.Equal(
            OptionsTable.Heading
            + "| `Some:Depth` | `3` | 1 … ∞ |  |\n"
            + "| `Some:Inner:Name` | `x` |  |  |\n",
            OptionsTable.Of(typeof(Sample), "Some"));

    private sealed class Sample
    {
        [Range(1, int.MaxValue)]
        public int Depth { get; set; } = 3;

        public Nested Inner { get; set; } = new();
    }

    private sealed class Nested
    {
        public string Name { get; set; } = "x";
    }
}
