using LiveChat.Embedded;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Log;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Hosting;
using LiveChat.Tests.Running;
using LiveChat.Tests.Server;
using Microsoft.Extensions.Logging.Abstractions;
using RocksDbSharp;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests;

/// <summary>A data folder of which a part is missing, emptied, older than the other or of another folder is refused
/// with a sentence that says what to do; any that is whole opens, also one of a former version.</summary>
public sealed class FolderPartsTests(FolderPartsTests.Folders folders) : IClassFixture<FolderPartsTests.Folders>
{
    private const string Restore = "Restore the whole data folder from one backup";

    private static readonly Dictionary<string, (Action<string, Folders> Change, string? Says)> Ways = new()
    {
        ["whole"] = (static (_, _) => { }, null),
        ["an older copy of all"] = (static (data, folders) =>
        {
            Directory.Delete(data, recursive: true);
            Copy(folders.Older, data);
        }, null),
        ["without the id's file"] = (static (data, _) => File.Delete(Path.Combine(data, "folder-id")), null),
        ["of a former version"] = (static (data, _) => ForgetIds(data), null),
        ["log missing"] = (static (data, _) => Delete(data, "log"), "has lost its log"),
        ["log empty"] = (static (data, _) => Empty(data, "log"), "has lost its log"),
        ["history missing"] = (static (data, _) => Delete(data, "history"), "livechat rebuild-history"),
        ["history empty"] = (static (data, _) => Empty(data, "history"), "livechat rebuild-history"),
        ["both missing"] = (static (data, _) =>
        {
            Delete(data, "log");
            Delete(data, "history");
        }, "has lost its chats"),
        ["both empty, of a former version"] = (static (data, _) =>
        {
            File.Delete(Path.Combine(data, "folder-id"));
            Empty(data, "log");
            Empty(data, "history");
        }, "has lost its chats"),
        ["log older"] = (static (data, folders) => Take(folders.Older, data, "log"), "log/ is older than history/"),
        ["history older"] = (
            static (data, folders) => Take(folders.Older, data, "history"), "history/ is older than log/"),
        ["log of another"] = (static (data, folders) => Take(folders.Other, data, "log"), "different folders"),
        ["history of another"] = (static (data, folders) => Take(folders.Other, data, "history"), "different folders"),
        ["id of another"] = (static (data, folders) => File.Copy(
            Path.Combine(folders.Other, "folder-id"), Path.Combine(data, "folder-id"), overwrite: true),
            "different folders"),
    };

    public static TheoryData<string> Names => [.. Ways.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Parts_that_do_not_belong_together_are_refused_and_whole_folders_open(string name)
    {
        var (change, says) = Ways[name];
        var data = TestServer.NewFolder();
        Copy(folders.Newer, data);
        change(data, folders);
        if (says is null)
        {
            // Twice, since the first gives ids to what has none.
            for (var start = 0; start < 2; start++)
                await using (await OpenAsync(data))
                    Assert.Equal(16, File.ReadAllText(Path.Combine(data, "folder-id")).Trim().Length);
        }
        else
        {
            var refused = await Assert.ThrowsAsync<DataFolderException>(() => OpenAsync(data));
            Assert.Contains(says, refused.Message, StringComparison.Ordinal);
            Assert.Contains(Restore, refused.Message, StringComparison.Ordinal);
            Assert.Contains(data, refused.Message, StringComparison.Ordinal);
        }

        Directory.Delete(data, recursive: true);
    }

    private static Task<ServerStore> OpenAsync(string data) => ServerStore.OpenAsync(
        new ServerOptions { Data = data, Partitions = 4 },
        TimeProvider.System,
        NullLoggerFactory.Instance,
        TestContext.Current.CancellationToken);

    private static void ForgetIds(string data)
    {
        File.Delete(Path.Combine(data, "folder-id"));
        using (var history = HistoryDatabase.Open(
            Path.Combine(data, "history"), NullLogger<HistoryDatabase>.Instance))
        {
            using var batch = new WriteBatch();
            foreach (var (key, _) in history.Scan(history.Default, "f"u8, "t"u8)) batch.Delete(key, history.Default);
            history.Write(batch, sync: true);
        }

        using var log = LogStore.Open(Path.Combine(data, "log"), 4, NullLogger.Instance);
        using var forgotten = new WriteBatch();
        forgotten.Delete(LogCodec.FolderKey.ToArray());
        log.Write(forgotten);
    }

    private static void Take(string from, string data, string part)
    {
        Delete(data, part);
        Copy(Path.Combine(from, part), Path.Combine(data, part));
    }

    private static void Delete(string data, string part) =>
        Directory.Delete(Path.Combine(data, part), recursive: true);

    private static void Empty(string data, string part)
    {
        Delete(data, part);
        Directory.CreateDirectory(Path.Combine(data, part));
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.GetDirectories(from)) Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }

    /// <summary>A folder, a copy of it from before its last messages, and another folder.</summary>
    public sealed class Folders : IAsyncLifetime
    {
        internal string Newer { get; } = TestServer.NewFolder();

        internal string Older { get; } = TestServer.NewFolder();

        internal string Other { get; } = TestServer.NewFolder();

        public async ValueTask InitializeAsync() => await SetUp.OrEndAsync(this, static folders => folders.FillAsync());

        public ValueTask DisposeAsync()
        {
            foreach (var folder in ((string[])[Newer, Older, Other]).Where(Directory.Exists))
                Directory.Delete(folder, recursive: true);
            return ValueTask.CompletedTask;
        }

        private async Task FillAsync()
        {
            var chat = await FillAsync(Newer, null);
            Copy(Newer, Older);
            await FillAsync(Newer, chat);
            await FillAsync(Other, null);
        }

        private static async Task<string> FillAsync(string data, string? chat)
        {
            var server = await TestServer.StartAsync(data); // Not disposed of: that deletes the folder.
            using (var ann = await server.ConnectAsync("ann"))
            {
                chat ??= (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
                for (var i = 0; i < 3; i++)
                    await ann.AckAsync(new MessageSend
                    {
                        Chat = chat, ClientId = TestSocket.Key(), Body = new MessageBody { Text = $"{i}" },
                    });
                Assert.IsType<ChatList>(await ann.AskAsync(new ChatsGet())); // History has what she was answered.
            }

            Assert.Equal(0, await server.StopAsync());
            return chat;
        }
    }
}
