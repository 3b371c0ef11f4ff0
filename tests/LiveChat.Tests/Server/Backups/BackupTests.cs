using LiveChat.Embedded;
using LiveChat.Embedded.Backups;
using LiveChat.Embedded.Log;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Server.Backups;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.Tests.Server.Backups;

/// <summary>Backups of a running and of a stopped server, and what a restore makes of them.</summary>
public sealed class BackupTests
{
    private const int Senders = 4;
    private const int SaidBefore = 50;

    /// <summary>Nothing that was acknowledged before the backup began is missing, and no chat has a hole.</summary>
    [Fact]
    public async Task A_backup_under_load_has_all_that_was_acknowledged_and_verifies_chat_by_chat()
    {
        await using var backed = await BackedUpServer.StartAsync();
        var chats = new List<string>();
        for (var i = 0; i < Senders; i++)
            chats.Add((await backed.Ann.AckAsync(
                new ChatCreate { ClientId = TestSocket.Key(), Members = ["bob", $"user{i}"], Title = $"{i}" })).Chat);
        using var stop = new CancellationTokenSource();
        var said = new int[Senders];
        var reached = chats.ConvertAll(static _ => new TaskCompletionSource());
        var talking = Enumerable.Range(0, Senders)
            .Select(i => TalkAsync(backed, chats[i], i, said, reached[i], stop.Token)).ToList();
        await Task.WhenAny(Task.WhenAll(reached.Select(static one => one.Task)), Task.WhenAny(talking));
        int[] before = [.. said];
        var report = await backed.CreateAsync();
        await stop.CancelAsync();
        await Task.WhenAll(talking);

        Assert.Empty((await backed.VerifyAsync(report.Id)).Wrong);
        var folder = backed.NewFolder();
        await backed.RestoreAsync(folder);
        await using var restored = await TestServer.StartAsync(folder);
        using var ann = await restored.ConnectAsync("ann");
        for (var i = 0; i < Senders; i++)
        {
            var texts = await TextsAsync(ann, chats[i], atLeast: before[i]);
            Assert.Equal(Enumerable.Range(1, texts.Count).Select(number => $"{i}: {number}"), texts);
            Assert.InRange(texts.Count, before[i], said[i]);
        }
    }

    [Fact]
    public async Task A_restored_folder_lives_another_life_in_which_chats_go_on()
    {
        await using var backed = await BackedUpServer.StartAsync();
        await backed.SayAsync("kept");
        var key = TestSocket.Key();
        await backed.CreateAsync();
        await backed.SayAsync("lost");
        var folder = backed.NewFolder();
        await backed.RestoreAsync(folder);

        var restored = await TestServer.StartAsync(folder);
        using (var ann = await restored.ConnectAsync("ann"))
        {
            Assert.NotEqual(backed.Ann.Ready.Epoch, ann.Ready.Epoch);
            var again = await ann.AckAsync(new ChatCreate { ClientId = key, Direct = "bob" });
            Assert.Equal(backed.Chat, again.Chat);
            await ann.AckAsync(TestSocket.Message(backed.Chat, "new"));
            Assert.Equal(["kept", "new"], await TextsAsync(ann, backed.Chat));
        }

        Assert.Equal(0, await restored.StopAsync());
        await using var log = RocksDbMessageLog.Open(
            Path.Combine(folder, "log"), new RocksDbLogOptions { Partitions = 4 }, TimeProvider.System,
            NullLogger<RocksDbMessageLog>.Instance);
        Assert.All(
            await log.RangesAsync([0, 1, 2, 3], CancellationToken.None),
            static range => Assert.Equal(2, range.Value.Begin.Generation));
        Assert.NotEqual(
            await File.ReadAllTextAsync(Path.Combine(backed.Server.Data, "folder-id")),
            await File.ReadAllTextAsync(Path.Combine(folder, "folder-id")));
    }

    /// <summary>A position of the former life proves nothing in this one, and loses nothing either.</summary>
    [Fact]
    public async Task A_restored_folder_can_be_backed_up_and_restored_again()
    {
        await using var backed = await BackedUpServer.StartAsync();
        await backed.SayAsync("first");
        await backed.CreateAsync();
        var (folder, place, third) = (backed.NewFolder(), backed.NewFolder(), backed.NewFolder());
        await backed.RestoreAsync(folder);
        var restored = await TestServer.StartAsync(folder);
        using (var ann = await restored.ConnectAsync("ann"))
            await ann.AckAsync(TestSocket.Message(backed.Chat, "second"));
        Assert.Equal(0, await restored.StopAsync());

        var progress = new Progress<BackupProgress>();
        await LiveChatBackups.CreateAsync(
            new BackupRequest(folder, place, progress), static _ => Task.FromResult(false), CancellationToken.None);
        await LiveChatBackups.RestoreAsync(place, id: null, third, progress, CancellationToken.None);
        await using var last = await TestServer.StartAsync(third);
        using var device = await last.ConnectAsync("ann");
        Assert.Equal(["first", "second"], await TextsAsync(device, backed.Chat));
    }

    [Fact]
    public async Task A_stopped_folder_is_backed_up_without_a_server()
    {
        await using var backed = await BackedUpServer.StartAsync();
        await backed.SayAsync("kept");
        Assert.Equal(0, await backed.Server.StopAsync());
        var report = await backed.CreateAsync();
        Assert.Empty((await backed.VerifyAsync()).Wrong);
        Assert.Equal((1, 1), (report.Chats, report.Messages));
    }

    /// <summary>What history has not stored is in the log alone, with the claims of its chats.</summary>
    [Fact]
    public async Task A_backup_whose_history_has_stored_nothing_is_restored_from_the_log()
    {
        await using var backed = await BackedUpServer.StartAsync();
        for (var i = 0; i < 20; i++) await backed.SayAsync($"message {i}");
        Assert.Equal(0, await backed.Server.StopAsync());
        Directory.Delete(Path.Combine(backed.Server.Data, "history"), recursive: true);
        Assert.Equal(1, await LiveChatServer.RebuildHistoryAsync(backed.Server.Data));

        var report = await backed.CreateAsync();
        Assert.Equal(0, report.Chats);
        Assert.Empty((await backed.VerifyAsync()).Wrong);
        var folder = backed.NewFolder();
        await backed.RestoreAsync(folder);
        await using var restored = await TestServer.StartAsync(folder);
        using var ann = await restored.ConnectAsync("ann");
        var texts = await TextsAsync(ann, backed.Chat, atLeast: 20);
        Assert.Equal(Enumerable.Range(0, 20).Select(static number => $"message {number}"), texts);
        Assert.Equal(22, (await ann.AckAsync(TestSocket.Message(backed.Chat, "next"))).Seq);
    }

    /// <summary>History has applied records whose flush is a second away: a restore that applied them again would
    /// decide otherwise, now that ann is not the last owner.</summary>
    [Fact]
    public async Task What_was_refused_stays_refused_also_where_history_was_not_flushed()
    {
        await using var backed = await BackedUpServer.StartAsync();
        for (var i = 0; i < 5; i++)
        {
            var group = (await backed.Ann.AckAsync(
                new ChatCreate { ClientId = TestSocket.Key(), Members = ["bob"], Title = $"{i}" })).Chat;
            var leave = new MemberRemove { ClientId = TestSocket.Key(), Chat = group, User = "ann" };
            Assert.IsType<ErrorFrame>(await backed.Ann.AskAsync(leave));
            await backed.Ann.AckAsync(
                new MemberRole { ClientId = TestSocket.Key(), Chat = group, User = "bob", Role = "owner" });
            var last = await backed.Ann.AckAsync(TestSocket.Message(group, "still here"));
            Assert.IsType<Page>(await backed.Ann.AskAsync(new HistoryGet { Chat = group, MinSeq = last.Seq }));

            var (place, folder) = (backed.NewFolder(), backed.NewFolder());
            await backed.CreateAsync(place);
            await backed.RestoreAsync(folder, id: null, place);
            await using var restored = await TestServer.StartAsync(folder);
            using var ann = await restored.ConnectAsync("ann");
            Assert.Equal(last.Seq + 1, (await ann.AckAsync(TestSocket.Message(group, "and here"))).Seq);
        }
    }

    [Fact]
    public async Task A_second_backup_copies_no_immutable_file_again_and_only_the_newest_are_kept()
    {
        await using var backed = await BackedUpServer.StartAsync();
        for (var i = 0; i < 200; i++) await backed.SayAsync(new string('x', 4_000) + i);

        // A stop moves what is in memory into immutable files.
        Assert.Equal(0, await backed.Server.StopAsync());
        var first = await backed.CreateAsync();
        Assert.Equal(first.Bytes, first.CopiedBytes);
        var second = await backed.CreateAsync();
        Assert.InRange(second.CopiedBytes, 0, second.Bytes / 2);
        Assert.Equal([first.Id, second.Id], await IdsAsync(backed.Place));

        var third = await backed.CreateAsync(keep: 2);
        Assert.Equal([second.Id, third.Id], await IdsAsync(backed.Place));
        Assert.Empty((await backed.VerifyAsync(second.Id)).Wrong);
        Assert.Empty((await backed.VerifyAsync(third.Id)).Wrong);
    }

    /// <summary>What an old backup has of a user who was erased since goes with it.</summary>
    [Fact]
    public async Task Backups_above_an_age_are_deleted_and_the_newest_stays_however_old_it_may_be()
    {
        await using var backed = await BackedUpServer.StartAsync();
        var first = await backed.CreateAsync();
        await backed.SayAsync("between them");
        var second = await backed.CreateAsync(keepFor: TimeSpan.FromDays(1));
        Assert.Equal([first.Id, second.Id], await IdsAsync(backed.Place));

        var third = await backed.CreateAsync(keepFor: TimeSpan.Zero);
        Assert.Equal([third.Id], await IdsAsync(backed.Place));
        Assert.Empty((await backed.VerifyAsync(third.Id)).Wrong);
    }

    [Fact]
    public async Task The_server_shows_when_it_was_last_backed_up()
    {
        const string Metric = "livechat_backup_last_success_timestamp_seconds";
        await using var backed = await BackedUpServer.StartAsync();
        var madeAt = DataFolder.MadeAt(backed.Server.Data).ToUnixTimeSeconds();
        Assert.Equal(madeAt, await backed.MetricAsync(Metric));
        LastBackup.Note(backed.Server.Data, DateTimeOffset.UnixEpoch);
        Assert.Equal(0, await backed.MetricAsync(Metric));

        var report = await backed.CreateAsync();

        Assert.Equal(report.TakenAt.ToUnixTimeSeconds(), await backed.MetricAsync(Metric));
    }

    [Fact]
    public async Task The_secret_is_restored_so_that_tokens_stay_good()
    {
        await using var backed = await BackedUpServer.StartAsync();
        var token = backed.Server.Token("ann");
        await backed.CreateAsync();
        var folder = backed.NewFolder();
        await backed.RestoreAsync(folder);
        await using var restored = await TestServer.StartAsync(folder);
        using var ann = await restored.OpenAsync();
        await ann.ConnectAsync(token);
    }

    private static async Task<IEnumerable<string>> IdsAsync(string place) =>
        (await LiveChatBackups.ListAsync(place, CancellationToken.None)).Select(static one => one.Id);

    private static async Task TalkAsync(
        BackedUpServer backed, string chat, int sender, int[] said, TaskCompletionSource reached,
        CancellationToken cancellationToken)
    {
        using var socket = await backed.Server.ConnectAsync($"user{sender}");
        socket.Patience = TimeSpan.FromMinutes(1);
        while (!cancellationToken.IsCancellationRequested)
        {
            await socket.AckAsync(TestSocket.Message(chat, $"{sender}: {said[sender] + 1}"));
            if (Interlocked.Increment(ref said[sender]) == SaidBefore) reached.SetResult();
        }
    }

    /// <summary>The texts of a chat from its beginning, once history has stored so many.</summary>
    private static async Task<List<string>> TextsAsync(TestSocket socket, string chat, int atLeast)
    {
        for (var i = 0; i < 1_000; i++)
        {
            if (await TextsAsync(socket, chat) is var texts && texts.Count >= atLeast) return texts;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        throw new InvalidOperationException($"Chat {chat} never had {atLeast} messages.");
    }

    private static async Task<List<string>> TextsAsync(TestSocket socket, string chat)
    {
        socket.Patience = TimeSpan.FromMinutes(1);
        var texts = new List<string>();
        for (long? after = 0; after is { } seq;)
        {
            var page = Assert.IsType<Page>(await socket.AskAsync(
                new HistoryGet { Chat = chat, AfterSeq = seq, View = "events", Limit = 100 }));
            texts.AddRange(page.Items.OfType<MessageCreated>().Select(static message => message.Body!.Text));
            after = page.Next;
        }

        return texts;
    }
}
