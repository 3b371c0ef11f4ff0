using System.Globalization;
using System.Text.RegularExpressions;

namespace LiveChat.Tests.Tidy;

/// <summary>Every log message has its own number, from the block of the stage that it belongs to.</summary>
internal static partial class EventIdRules
{
    // The first prefix that fits decides: a folder before the project that holds it.
    private static readonly (string Folder, int Block)[] Blocks =
    [
        ("src/LiveChat.Core/Sessions/", 1000),
        ("src/LiveChat.Core/Chats/", 4000),
        ("src/LiveChat.Server/Gateway/", 1000),
        ("src/LiveChat.Server/Http/", 1000),
        ("src/LiveChat.Core/Ingest/", 2000),
        ("src/LiveChat.Core/FanOut/PendingCommands.cs", 2000),
        ("src/LiveChat.Core/Log/", 3000),
        ("src/LiveChat.Embedded/Log/", 3000),
        ("src/LiveChat.Core/Workers/", 4000),
        ("src/LiveChat.Core/History/", 5000),
        ("src/LiveChat.Embedded/History/", 5000),
        ("src/LiveChat.Core/FanOut/", 6000),
        ("src/LiveChat.Core/Presence/", 6000),
        ("src/LiveChat.Core/Ids/", 7000),
        ("src/LiveChat.Core/Nodes/", 7000),
        ("src/LiveChat.Core/Peers/", 7000),
        ("src/LiveChat.Core/Erasures/", 7000),
        ("src/LiveChat.Embedded/", 7000),
        ("src/LiveChat.Server/", 8000),
        ("src/LiveChat.Client/", 9000),
        ("src/LiveChat.Cli/", 9000),
        ("src/LiveChat.Cql/", 10000),
        ("src/LiveChat.Cluster/", 11000),
    ];

    public static IEnumerable<string> Breaks(IEnumerable<SourceFile> files)
    {
        var first = new Dictionary<int, string>();
        var sources = files.Where(file => file.IsCSharp && file.Path.StartsWith("src/", StringComparison.Ordinal));
        foreach (var file in sources)
        {
            foreach (Match match in Message().Matches(file.Text))
            {
                var at = file.At(match.Index);
                if (!int.TryParse(match.Groups["id"].Value, CultureInfo.InvariantCulture, out var id))
                {
                    yield return $"{at}: a log message without an event id";
                    continue;
                }

                if (WrongBlock(file.Path, id) is { } wrong) yield return $"{at}: {wrong}";
                if (!first.TryAdd(id, at)) yield return $"{at}: {id} is taken by {first[id]}";
            }
        }
    }

    private static string? WrongBlock(string path, int id)
    {
        foreach (var (folder, block) in Blocks)
        {
            if (!path.StartsWith(folder, StringComparison.Ordinal)) continue;
            return id >= block && id < block + 1000 ? null : $"{id} is not of the folder's {block} to {block + 999}";
        }

        return "give this folder a block of event ids";
    }

    [GeneratedRegex(@"\[LoggerMessage\((?:\s*(?<id>\d+)\b|(?:(?!\)\]).)*?\bEventId\s*=\s*(?<id>\d+))?",
        RegexOptions.Singleline)]
    private static partial Regex Message();
}
