using System.Globalization;
using LiveChat.Cli;
using LiveChat.EndToEnd.Commands;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Backups;
using LiveChat.Tests.Server;
using LiveChat.Tests.Server.Backups;
using Xunit;

namespace LiveChat.EndToEnd.Backups;

/// <summary>Disks that fill up during a backup.</summary>
public sealed class BackupDiskTests
{
    private const long Mebibyte = 1 << 20;

    [Fact]
    public async Task A_place_whose_disk_is_full_holds_no_half_backup_and_the_server_goes_on()
    {
        await Requirement.LoopDeviceAsync();
        using var scratch = new ScratchDirectory();
        await using var image = await LoopImage.CreateAsync(scratch.Path, mebibytes: 32);
        await using var backed = await BackedUpServer.StartAsync();
        for (var i = 0; i < 150; i++) await backed.SayAsync(new string('x', 4_000) + i);
        var place = Path.Combine(image.Mount, "backups");
        var filler = SmallDisk.FillWhole(image, leave: Mebibyte / 4);

        var refused = await Assert.ThrowsAsync<BackupException>(() => backed.CreateAsync(place));
        Assert.Equal(BackupFault.Refused, refused.Fault);
        Assert.Contains("No space left", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<BackupException>(() => BackedUpServer.VerifyAsync(place, id: null));
        await backed.SayAsync("still there");

        File.Delete(filler);
        await backed.CreateAsync(place);
        Assert.Empty((await BackedUpServer.VerifyAsync(place, id: null)).Wrong);
    }

    [Fact]
    public async Task A_target_whose_disk_is_full_is_left_empty()
    {
        await Requirement.LoopDeviceAsync();
        using var scratch = new ScratchDirectory();
        await using var image = await LoopImage.CreateAsync(scratch.Path, mebibytes: 32);
        await using var backed = await BackedUpServer.StartAsync();
        for (var i = 0; i < 150; i++) await backed.SayAsync(new string('x', 4_000) + i);
        await backed.CreateAsync();
        SmallDisk.FillWhole(image, leave: Mebibyte / 4);

        var target = Path.Combine(image.Mount, "data");
        var refused = await Assert.ThrowsAsync<BackupException>(() => backed.RestoreAsync(target));
        Assert.Equal(BackupFault.Refused, refused.Fault);
        Assert.Contains("No space left", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(target));
    }

    [Fact]
    public async Task A_server_whose_disk_is_short_of_room_takes_no_checkpoint_and_says_so()
    {
        await Requirement.LoopDeviceAsync();
        using var scratch = new ScratchDirectory();
        await using var image = await LoopImage.CreateAsync(scratch.Path, SmallDisk.Mebibytes);
        var data = Path.Combine(image.Mount, "data");
        var inner = CrashServer.FreeEndpoint().GetLeftPart(UriPartial.Authority);
        await using var server = await CrashServer.StartAsync(
            data,
            CrashServer.FreeEndpoint(),
            new Dictionary<string, string>
            {
                ["LIVECHAT__RESERVEBYTES"] = (40 * Mebibyte).ToString(CultureInfo.InvariantCulture),
                ["LIVECHAT__INTERNAL"] = inner,
            });
        using var ann = await SmallDisk.ConnectAsync(server, data, "ann");
        var chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
        await SmallDisk.FillAsync(image, leave: 30 * Mebibyte);

        var place = Path.Combine(scratch.Path, "backups");
        await using var command = RunningCommand.Start(
            ["backup", "create", place, "--data", data, "--internal", inner]);
        var (exitCode, said) = await command.EndAsync();
        Assert.Equal(ExitCode.Refused, exitCode);
        Assert.Contains("short of room", said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(place));
        Assert.False(Directory.Exists(Path.Combine(data, "checkpoint")));
        Assert.IsType<Page>(await ann.AskAsync(new HistoryGet { Chat = chat }));
    }
}
