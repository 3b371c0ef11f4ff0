using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using LiveChat.Core.Contents;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Server.Backups;
using LiveChat.Server.Transfers;
using Xunit;

namespace LiveChat.Tests.Server.Transfers;

/// <summary>Exports of a stopped folder, and folders that are made of them.</summary>
public sealed class ExportTests
{
    [Fact]
    public async Task An_export_of_what_was_imported_is_the_same_byte_for_byte()
    {
        await using var filled = await FilledFolder.MakeAsync();
        var (first, folder) = (await filled.ExportAsync(), filled.NewFolder());
        var report = await FilledFolder.ImportAsync(first, folder);
        Assert.Equal(2, report.Chats);
        var second = await filled.ExportAsync(folder);
        Assert.Equal(await File.ReadAllTextAsync(first), await File.ReadAllTextAsync(second));
        foreach (var type in (string[])
            ["livechat", "claim", "user", "device", "chat", "event", "edit", "reaction", "stay", "client_key", "member",
                "chat_end", "end"])
            Assert.Contains($"{{\"type\":\"{type}\"", await File.ReadAllTextAsync(first), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_goes_on_with_an_imported_folder_and_knows_every_client_id()
    {
        await using var filled = await FilledFolder.MakeAsync();
        var folder = filled.NewFolder();
        await FilledFolder.ImportAsync(await filled.ExportAsync(), folder);
        var (before, after) = (
            await ReadAsync(filled, filled.Data), await ReadAsync(filled, folder, "--partitions=16"));
        Assert.Equal(before.Events, after.Events);
        Assert.Equal(before.Chats, after.Chats);
        Assert.NotEqual(before.Epoch, after.Epoch);
        Assert.Equal((filled.Sent.Ack.Seq, true), (after.Again.Seq, after.Again.Duplicate));
        Assert.Equal(before.Next.Seq, after.Next.Seq);
    }

    [Fact]
    public async Task What_only_the_log_has_is_in_an_export()
    {
        await using var filled = await FilledFolder.MakeAsync();
        Directory.Delete(Path.Combine(filled.Data, "history"), recursive: true);
        Assert.Equal(2, await LiveChatServer.RebuildHistoryAsync(filled.Data));
        var export = await File.ReadAllTextAsync(await filled.ExportAsync());
        Assert.Contains("second, twice", export, StringComparison.Ordinal);
        Assert.DoesNotContain("taken back", export, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_change_of_a_file_is_refused_with_a_line_and_leaves_no_folder()
    {
        await using var filled = await FilledFolder.MakeAsync();
        var whole = await File.ReadAllBytesAsync(await filled.ExportAsync());
        var chance = new Random(17);
        for (var round = 0; round < 60; round++)
        {
            byte[] damaged = [.. whole];
            var at = chance.Next(damaged.Length);
            if (round % 3 == 0) damaged = damaged[..at];
            else if (round % 3 == 1) damaged[at] ^= (byte)(1 << chance.Next(8));
            else damaged = [.. damaged[..at], (byte)chance.Next(256), .. damaged[at..]];
            var (bad, folder) = (filled.NewFile("bad"), filled.NewFolder());
            await File.WriteAllBytesAsync(bad, damaged);
            var refused = await Assert.ThrowsAsync<TransferException>(() => FilledFolder.ImportAsync(bad, folder));
            Assert.Matches("[Ll]ines? [0-9]+", refused.Message);
            Assert.False(Directory.Exists(folder), $"round {round}: {refused.Message}");
        }
    }

    [Fact]
    public async Task An_import_that_was_cut_off_goes_on_and_no_server_starts_before_it_is_done()
    {
        await using var filled = await FilledFolder.MakeAsync();
        var (file, folder) = (await filled.ExportAsync(), filled.NewFolder());
        using var cut = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => FilledFolder.ImportAsync(file, folder, new CutAt("Making a data folder of it", cut), cut.Token));
        var half = await TestServer.StartAsync(folder);
        Assert.NotEqual(0, await half.Exit);
        Assert.Contains("An import into the folder", $"{half.Errors}", StringComparison.Ordinal);

        var other = filled.NewFile("other");
        var lines = await File.ReadAllLinesAsync(file);
        await using (var made = File.Create(other))
        {
            var writer = new ContentFileWriter(made);
            writer.Write(new HeaderLine(HeaderLine.VersionNow, User: null));
            writer.End();
        }

        var refused = await Assert.ThrowsAsync<TransferException>(() => FilledFolder.ImportAsync(other, folder));
        Assert.Equal(BackupFault.Asked, refused.Fault);
        Assert.False((await FilledFolder.ImportAsync(file, folder)).WasDone);
        Assert.True((await FilledFolder.ImportAsync(file, folder)).WasDone);
        Assert.Equal(lines, await File.ReadAllLinesAsync(await filled.ExportAsync(folder)));
    }

    [Fact]
    public async Task Nothing_is_mixed_with_what_a_folder_holds()
    {
        await using var filled = await FilledFolder.MakeAsync();
        var refused = await Assert.ThrowsAsync<TransferException>(
            async () => await FilledFolder.ImportAsync(await filled.ExportAsync(), filled.Data));
        Assert.Equal(BackupFault.Asked, refused.Fault);
        Assert.Contains("is not empty", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_in_use_is_not_exported()
    {
        await using var filled = await FilledFolder.MakeAsync();
        await using var server = await TestServer.StartAsync(filled.Data);
        var refused = await Assert.ThrowsAsync<TransferException>(() => filled.ExportAsync());
        Assert.Contains("is in use", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_export_of_a_user_has_what_the_user_wrote_and_nothing_of_others()
    {
        await using var filled = await FilledFolder.MakeAsync();
        var export = await filled.ExportAsync(user: "bob");
        var text = await File.ReadAllTextAsync(export);
        Assert.Contains("hello ann", text, StringComparison.Ordinal);
        Assert.Contains("second, twice", text, StringComparison.Ordinal);
        Assert.DoesNotContain("first", text, StringComparison.Ordinal);
        Assert.All(
            File.ReadLines(export).Select(static line => JsonNode.Parse(line)!)
                .Where(static line => (string?)line["type"] == "event"),
            static line => Assert.Equal("bob", (string?)line["event"]!["record"]!["sender"]));
        var refused = await Assert.ThrowsAsync<TransferException>(
            () => FilledFolder.ImportAsync(export, filled.NewFolder()));
        Assert.Contains("one user", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_newer_version_is_named()
    {
        await using var filled = await FilledFolder.MakeAsync();
        var file = filled.NewFile("newer");
        await File.WriteAllTextAsync(file, "{\"type\":\"livechat\",\"version\":2}\n", Encoding.ASCII);
        var refused = await Assert.ThrowsAsync<TransferException>(
            () => FilledFolder.ImportAsync(file, filled.NewFolder()));
        Assert.Contains("Line 1 says version 2", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<(string Events, string Chats, string Epoch, Ack Again, Ack Next)> ReadAsync(
        FilledFolder filled, string data, params string[] options)
    {
        await using var server = await TestServer.StartAsync(data, options);
        using var ann = await server.ConnectAsync("ann");
        var again = await ann.AckAsync(filled.Sent.Message);
        var page = await ann.AskAsync(new HistoryGet { Chat = filled.Group, AfterSeq = 0, View = "events" });
        var chats = await ann.AskAsync(new ChatsGet());
        var next = await ann.AckAsync(TestSocket.Message(filled.Direct, "next"));
        var epoch = ann.Ready.Epoch;
        return (TextOf(page, epoch), TextOf(chats, epoch), epoch, again, next);
    }

    /// <summary>What the server answered, but for the number of the command and the epoch.</summary>
    private static string TextOf(ServerFrame frame, string epoch)
    {
        var data = new ArrayBufferWriter<byte>();
        JsonFrames.WriteData(data, frame);
        return Encoding.UTF8.GetString(data.WrittenSpan).Replace(epoch, "", StringComparison.Ordinal);
    }

    /// <summary>Cancels when a stage begins.</summary>
    private sealed class CutAt(string stage, CancellationTokenSource cut) : IProgress<BackupProgress>
    {
        public void Report(BackupProgress value)
        {
            if (value.Stage != stage) return;
            cut.Cancel();
            cut.Token.ThrowIfCancellationRequested();
        }
    }
}
