using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Server.Backups;
using LiveChat.Server.Transfers;
using LiveChat.Tests.Running;

namespace LiveChat.Tests.Server.Transfers;

/// <summary>A stopped data folder with something in every table, and room for what is made of it.</summary>
internal sealed class FilledFolder : IAsyncDisposable
{
    private static readonly IProgress<BackupProgress> Silent = new Progress<BackupProgress>();

    private readonly List<string> _folders = [];

    private FilledFolder() => Data = NewFolder();

    public string Data { get; }

    /// <summary>A group of ann, bob and cleo in which everything happened.</summary>
    public string Group { get; private set; } = "";

    /// <summary>A direct chat of ann and bob.</summary>
    public string Direct { get; private set; } = "";

    /// <summary>The client id and the answer of a message of ann to the group.</summary>
    public (MessageSend Message, Ack Ack) Sent { get; private set; }

    public static async Task<FilledFolder> MakeAsync() =>
        await SetUp.OrEndAsync(new FilledFolder(), static made => made.FillAsync());

    /// <summary>A folder that is not there, and is deleted in the end.</summary>
    public string NewFolder()
    {
        _folders.Add(TestServer.NewFolder());
        return _folders[^1];
    }

    /// <summary>A path in a folder that is there.</summary>
    public string NewFile(string name) => Path.Combine(Directory.CreateDirectory(NewFolder()).FullName, name);

    /// <summary>Exports a folder, this one by default.</summary>
    public async Task<string> ExportAsync(string? data = null, string? user = null)
    {
        var file = NewFile("export");
        await LiveChatTransfers.ExportAsync(data ?? Data, file, user, Silent, CancellationToken.None);
        return file;
    }

    public static Task<TransferReport> ImportAsync(
        string file, string folder, IProgress<BackupProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        LiveChatTransfers.ImportAsync(file, folder, progress ?? Silent, cancellationToken);

    public ValueTask DisposeAsync()
    {
        foreach (var folder in _folders.Where(Directory.Exists)) Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task FillAsync()
    {
        // Its end without its folder's: disposing would delete that.
        var server = await TestServer.StartAsync(Data);
        try
        {
            using var ann = await server.ConnectAsync("ann");
            using var bob = await server.ConnectAsync("bob");
            using var cleo = await server.ConnectAsync("cleo");
            await TalkAsync(ann, bob, cleo);
        }
        finally
        {
            await server.StopAsync();
        }
    }

    private async Task TalkAsync(TestSocket ann, TestSocket bob, TestSocket cleo)
    {
        Direct = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
        await bob.AckAsync(TestSocket.Message(Direct, "hello ann"));
        Group = (await ann.AckAsync(
            new ChatCreate { ClientId = TestSocket.Key(), Members = ["bob", "cleo"], Title = "Zoë's \"group\"" })).Chat;
        var message = TestSocket.Message(Group, "first");
        Sent = (message, await ann.AckAsync(message));
        var edited = (await bob.AckAsync(TestSocket.Message(Group, "second"))).Seq;
        foreach (var text in (string[])["second, once", "second, twice"])
            await bob.AckAsync(new MessageEdit
            {
                ClientId = TestSocket.Key(), Chat = Group, Target = edited, Body = new MessageBody { Text = text },
            });
        var deleted = (await cleo.AckAsync(TestSocket.Message(Group, "taken back"))).Seq;
        await cleo.AckAsync(new MessageDelete { ClientId = TestSocket.Key(), Chat = Group, Target = deleted });
        foreach (var (device, emoji, isOn) in ((TestSocket, string, bool)[])
            [(ann, "👍", true), (bob, "👍", true), (ann, "👍", false), (cleo, "🎉", true)])
            await device.AckAsync(new ReactionSet
            {
                ClientId = TestSocket.Key(), Chat = Group, Target = edited, Emoji = emoji, On = isOn,
            });
        await ann.AckAsync(new MemberRemove { ClientId = TestSocket.Key(), Chat = Group, User = "cleo" });
        await ann.AckAsync(new Mark { Chat = Group, Delivered = edited, Read = edited });
        await bob.AckAsync(new Mark { Chat = Group, Delivered = edited });
        await ann.AskAsync(new MineSet { Chat = Group, Pinned = true });
        await bob.AskAsync(new MineSet { Chat = Direct, Hidden = true });
    }
}
