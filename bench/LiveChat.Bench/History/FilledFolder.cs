using LiveChat.Core.History;
using LiveChat.Embedded;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Log;
using LiveChat.Server.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Bench.History;

/// <summary>A data folder whose history has messages that no server took.</summary>
internal static class FilledFolder
{
    private const int EventsOfCommit = 50;
    private const long FirstMs = 1_767_225_600_000;

    /// <summary>Writes so many events into the chats of a new folder, which take turns.</summary>
    public static async Task WriteAsync(string folder, IReadOnlyList<ChatOfBench> chats, int events)
    {
        using var data = DataFolder.Open(folder);
        var options = new RocksDbLogOptions { Partitions = new ServerOptions().Partitions };
        await using var log = RocksDbMessageLog.Open(
            data.Make(data.LogPath), options, TimeProvider.System, NullLogger<RocksDbMessageLog>.Instance);
        using var history = HistoryDatabase.Open(
            data.Make(data.HistoryPath), NullLogger<HistoryDatabase>.Instance);
        await new FolderParts(data).CheckAsync(log, history);
        await using var store = new RocksDbHistoryStore(history);
        var timeMs = FirstMs;
        for (var done = 0; done < events; done += EventsOfCommit)
        {
            var chat = chats[done / EventsOfCommit % chats.Count];
            await store.WriteAsync(
                [HistoryRowsBuilder.Build([.. Enumerable.Range(0, EventsOfCommit).Select(_ => chat.Next(timeMs++))])],
                CancellationToken.None);
        }
    }
}
