using LiveChat.Cli;
using Xunit;

namespace LiveChat.EndToEnd.Commands;

public sealed class CommandRowTests
{
    [Fact]
    public void The_table_has_every_command()
    {
        var names = Program.Build().Subcommands
            .SelectMany(command => command.Subcommands.Select(below => $"{command.Name} {below.Name}")
                .Concat(command is { Action: null, Subcommands.Count: > 0 } ? [] : [command.Name]));
        Assert.Equal(names.Order(), CommandRow.All.Select(row => row.Name).Distinct().Order());
    }
}
